"""Korean in code: which literals and comments are translated, and what the list of strings must hold."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parent.parent.parent / "tools"


@pytest.fixture(scope="module")
def tool() -> Iterator[ModuleType]:
    """tools/build_notebooks.py as a module, beside the one it imports."""
    sys.path.insert(0, str(TOOLS))
    spec = importlib.util.spec_from_file_location("build_notebooks", TOOLS / "build_notebooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(TOOLS))


def korean_of(tool: ModuleType, code: str, strings: str) -> str:
    """The cell with these strings, of a notebook that has no other."""
    cell = tool.Cell("code", "code-0", code)
    given = tool.Korean({}, tool.read_strings(strings))
    return str(tool.translated([cell], given, Path("ko.md"))[0].text)


@pytest.mark.parametrize(
    ("code", "strings", "korean"),
    [
        ('guess = lab.predict("once", 3)', "once => 한 번", 'guess = lab.predict("한 번", 3)'),
        ("a = 'yes' if b else 'no'", "yes => 예\nno => 아니요", "a = '예' if b else '아니요'"),
        ('a = "once more"', "", 'a = "once more"'),
        ('print(a, "  lost ")', "lost => 사라짐", 'print(a, "  사라짐 ")'),
        ('print(f"{a:3.0f} lost")', "{} lost => {}건 사라짐", 'print(f"{a:3.0f}건 사라짐")'),
        ('print(f"{a:.0f} of {b}")', "{} of {} => {2} 가운데 {1}", 'print(f"{b} 가운데 {a:.0f}")'),
        ('print(f"{a["x"]} s")'.replace('["x"]', "['x']"), "{} s => {}초", "print(f\"{a['x']}초\")"),
        ('f = f"{{no}} {a}"', "{{no}} {} => {{안}} {}", 'f = f"{{안}} {a}"'),
        ("a = 1  # a whole pod", "a whole pod => Pod 전체", "a = 1  # Pod 전체"),
        ('print("# no comment")', "# no comment => # 주석 아님", 'print("# 주석 아님")'),
        (
            '%kubectl label pod a="once"\na = "once"',
            "once => 한 번",
            '%kubectl label pod a="once"\na = "한 번"',
        ),
        ("%%manifest\nname: 'once'  # a Pod", "", "%%manifest\nname: 'once'  # a Pod"),
        ('a = """\nonce: "once"\n"""', "", 'a = """\nonce: "once"\n"""'),
    ],
)
def test_whole_literals_and_comments_are_translated(tool: ModuleType, code: str, strings: str, korean: str) -> None:
    assert korean_of(tool, code, strings) == korean


@pytest.mark.parametrize(
    ("code", "strings", "problem"),
    [
        ('a = "twice"', "once => 한 번", "the string 'once' is not in the code"),
        ('lab.predict(1, "once")', "", "no Korean for the string 'once'"),
        ('lab.predict(kind="number", unit="starts")', "", "no Korean for the string 'starts'"),
        ('print(a or "allowed")', "", "no Korean for the string 'allowed'"),
        ('print("a" if b else f"{c} lost")', "", "no Korean for the string '{} lost'"),
        ("a = 1  # a whole pod", "", "no Korean for the string 'a whole pod'"),
    ],
)
def test_a_list_of_strings_that_does_not_fit_is_refused(
    tool: ModuleType, code: str, strings: str, problem: str
) -> None:
    with pytest.raises(tool.StaleTranslation, match=problem.replace("{", r"\{")):
        korean_of(tool, code, strings)


@pytest.mark.parametrize(
    ("code", "strings", "problem"),
    [
        ('a = "once"', "once", "no `English => 한국어`"),
        ('a = "once"', "once => 한 번\nonce => 1번", "there twice"),
        ('a = "once"', 'once => "한" 번', "cannot stand between"),
        ('a = f"{b} lost"', "{} lost => 사라짐", "needs each of the 1 fields"),
        ('a = f"{b} of {c}"', "{} of {} => {1} {1}", "needs each of the 2 fields"),
    ],
)
def test_korean_that_would_be_no_literal_is_refused(tool: ModuleType, code: str, strings: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        korean_of(tool, code, strings)


def test_the_strings_stand_at_the_end_of_the_korean_texts(tool: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "ko.md"
    path.write_text("<!-- title 7a2fd524 -->\n# 제목\n\n<!-- strings -->\nonce => 한 번\n", encoding="utf-8")

    korean = tool.read_korean(path)

    assert korean == ({"title": ("7a2fd524", "# 제목")}, {"once": "한 번"})
