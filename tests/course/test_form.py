"""The form of the course's notebooks: what a reader may rely on in every one of them, in both languages."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import pytest

from k8slab import Course

ROOT = Path(__file__).parent.parent.parent
ENGLISH = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
KOREAN = sorted((ROOT / "notebooks" / "ko").glob("[0-9]*.ipynb"))
HANGUL = re.compile(r"[가-힣]")
LINK = re.compile(r"\]\(([^)#]+)\)")
ENDINGS = {"en": "## What you can now explain", "ko": "## 이제 설명할 수 있는 것"}
OPENINGS = {"en": "**The question:**", "ko": "**오늘의 질문:**"}


def cells(path: Path, kind: str) -> list[str]:
    notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def language(path: Path) -> str:
    return "ko" if path.parent.name == "ko" else "en"


class Skeleton(NamedTuple):
    """A code cell without what a learner reads: `lines` are no Python, `python` has no literals, `texts` are these."""

    lines: str
    python: str
    texts: list[str]


def skeleton(cell: str) -> Skeleton:
    """Of an f-string only the fields count, in any order, and no comment does."""
    if cell.startswith("%%"):
        return Skeleton(cell, "", [])
    lines = cell.splitlines()
    tree = ast.parse("\n".join("" if line.startswith("%") else line for line in lines))
    for joined in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        joined.values = sorted((one for one in joined.values if isinstance(one, ast.FormattedValue)), key=ast.dump)
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    texts = [str(node.value) for node in constants]
    for node in constants:
        node.value = ""
    return Skeleton("\n".join(line for line in lines if line.startswith("%")), ast.dump(tree), texts)


each = pytest.mark.parametrize("path", [*ENGLISH, *KOREAN], ids=lambda path: f"{language(path)}-{path.stem[:2]}")


def test_notebooks_are_what_their_sources_give() -> None:
    command = [sys.executable, "tools/build_notebooks.py", "--check"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_both_languages_have_the_same_notebooks() -> None:
    assert [path.name for path in ENGLISH] == [path.name for path in KOREAN] != []


@pytest.mark.parametrize("name", [path.name for path in ENGLISH])
def test_the_code_of_both_languages_differs_only_in_what_a_learner_reads(name: str) -> None:
    english, korean = (
        [skeleton(cell) for cell in cells(ROOT / "notebooks" / folder / name, "code")] for folder in ("", "ko")
    )

    assert [one[:2] for one in english] == [one[:2] for one in korean]
    pairs = zip(chain(*(one.texts for one in english)), chain(*(one.texts for one in korean)), strict=True)
    changed = [(en, ko) for en, ko in pairs if en != ko]
    assert all("\n" not in en and (HANGUL.search(ko) or ko in en) for en, ko in changed), changed


@each
def test_cells_are_small_and_words_are_few(path: Path) -> None:
    code, text = cells(path, "code"), cells(path, "markdown")
    lines = sorted(len([line for line in cell.splitlines() if line.strip()]) for cell in code)
    words = [word for cell in text for word in cell.split() if re.search(r"\w", word)]

    assert 20 <= len(code) + len(text) <= 45
    assert median(lines) <= 3 and lines[int(len(lines) * 0.9)] <= 8 and lines[-1] <= 12
    assert len(words) <= 1_100


@each
def test_it_opens_with_its_question_and_ends_with_what_can_be_explained(path: Path) -> None:
    text = cells(path, "markdown")
    title, ending = text[0], text[-1]

    assert re.match(r"# \d\d · ", title) and title.startswith(f"# {path.name[:2]} ")
    assert OPENINGS[language(path)] in title
    assert ending.startswith(ENDINGS[language(path)]) and ending.count("\n- ") == 3
    assert "exercise.ipynb" in ending


@each
def test_the_reading_time_is_that_of_the_map(path: Path) -> None:
    lesson = next(one for one in Course(language(path)).lessons if one.name == path.stem)

    title = " ".join(cells(path, "markdown")[0].split())
    assert {"en": f"about {lesson.minutes} minutes", "ko": f"약 {lesson.minutes}분"}[language(path)] in title


@each
def test_every_prediction_is_made_before_and_compared_after(path: Path) -> None:
    code = "\n".join(cells(path, "code"))
    steps = re.findall(r"(\w+) = lab\.(predict)\(|(\w+)\.(verdict)\(", code)

    names = [asked or judged for asked, _, judged, _ in steps]
    assert [predict or verdict for _, predict, _, verdict in steps] == ["predict", "verdict"] * (len(steps) // 2)
    assert names == [f"guess_{1 + place // 2}" for place in range(len(steps))]  # so that each can be judged again
    assert len(steps) >= 4


@each
def test_links_lead_somewhere(path: Path) -> None:
    links = [link for text in cells(path, "markdown") for link in LINK.findall(text)]

    assert links and all((path.parent / link).exists() for link in links if not link.startswith("http"))


@each
def test_the_language_is_that_of_its_folder(path: Path) -> None:
    text = "\n".join(cells(path, "markdown"))

    assert (len(HANGUL.findall(text)) > 500) == (language(path) == "ko")
    assert bool(HANGUL.search("\n".join(cells(path, "code")))) == (language(path) == "ko")


@each
def test_no_outputs_are_stored(path: Path) -> None:
    notebook = json.loads(path.read_text("utf-8"))

    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook["cells"])
    assert "widgets" not in notebook["metadata"]
