"""Put Korean in the place of the English that a learner reads in code: whole string literals and whole comments.

A notebook's ko.md ends in the list of them, one a line, under `<!-- strings -->`:

    about a second => 1초쯤
    {} of {} requests lost => 요청 {2}건 가운데 {1}건이 사라졌습니다

The English is the literal as it stands in the source, without the blanks at its ends; `{}` stands for a field of an
f-string, and `{2}` for the second one. What is not in the list stays as it is, as do lines for kubectl and manifests.
The list must fit the source: no English that no longer occurs, and a Korean for each option of a prediction, for each
literal that is printed and for each comment. A word that stays English is in the list as well, translated by itself.

Left out  literals of several lines, and those within the fields of an f-string
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Replacer", "read_strings", "without_magics"]

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<prefix>\b[rRbBuUfF]{1,2})?(?P<quote>\"\"\"|\'\'\'|"|\')(?P<body>(?:\\.|(?!(?P=quote)).)*?)(?P=quote)""",
    re.DOTALL,
)
FIELD = re.compile(r"\{\{|\}\}|(?P<field>\{(?:[^{}]|\{[^{}]*\})*\})")
BLANK = re.compile(r"\{(\d*)\}")
WORD = re.compile(r"[A-Za-z]{2}")
SAID = {"predict", "print"}  # the calls whose words are for the learner


class Literal(NamedTuple):
    """A literal or, without quotes, a comment: `key` is its text in the list of strings."""

    start: int
    end: int
    text: str
    quote: str = ""
    is_f: bool = False

    @property
    def key(self) -> str:
        """Without blanks at the ends, and with `{}` for each field."""
        text = FIELD.sub(lambda one: "{}" if one["field"] else one[0], self.text) if self.is_f else self.text
        return text.strip()

    @property
    def fields(self) -> list[str]:
        """The fields of an f-string."""
        return [one["field"] for one in FIELD.finditer(self.text) if one["field"]] if self.is_f else []


def literals(code: str) -> Iterator[Literal]:
    """The literals and comments of a piece of Python, from the first to the last."""
    for found in TOKEN.finditer(code):
        if found["comment"]:
            yield Literal(found.start() + 1, found.end(), found["comment"][1:])
        else:
            is_f = "f" in (found["prefix"] or "").lower()
            yield Literal(found.start("body"), found.end("body"), found["body"], found["quote"], is_f)


def read_strings(text: str) -> dict[str, str]:
    """The list of strings. Raises ValueError for a line without an arrow, or an English text that is there twice."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        english, arrow, korean = line.partition(" => ")
        if not arrow or english.strip() in found:
            raise ValueError(f"among the strings, {line!r} is {'there twice' if arrow else 'no `English => 한국어`'}")
        found[english.strip()] = korean.strip()
    return found


def without_magics(code: str) -> str:
    """The Python of a cell: an empty line for each line of a magic, nothing of a cell that is no Python."""
    if code.startswith("%%"):
        return ""
    return "\n".join("" if line.startswith("%") else line for line in code.split("\n"))


class Replacer:
    """Translates the cells of one notebook, and keeps what went wrong."""

    def __init__(self, strings: dict[str, str]) -> None:
        self._strings = strings
        self._unused = set(strings)
        self._missing: list[str] = []

    @property
    def problems(self) -> list[str]:
        """Sentences that say what does not fit, after all cells."""
        stale = [f"the string {english!r} is not in the code" for english in self._strings if english in self._unused]
        return stale + [f"no Korean for the string {english!r}" for english in dict.fromkeys(self._missing)]

    def translated(self, code: str) -> str:
        """The cell with Korean literals and comments. Raises ValueError for Korean that would be no literal."""
        if code.startswith("%%"):
            return code
        parts, done = [], 0
        for one in list(literals(_masked(code))):
            if one.key in self._strings:
                self._unused.discard(one.key)
                parts += [code[done : one.start], _filled(one, self._strings[one.key])]
                done = one.end
        self._missing += [key for key in _for_the_learner(code) if key not in self._strings]
        return "".join([*parts, code[done:]])


def _filled(one: Literal, korean: str) -> str:
    """The Korean with the fields of the original, and with its blanks at the ends."""
    if one.quote and (one.quote in korean or "\\" in korean):
        raise ValueError(f"{korean!r} cannot stand between {one.quote}")
    numbers = iter(range(1, len(one.fields) + 1))
    taken = [int(number) if number else next(numbers, 0) for number in BLANK.findall(korean)]
    if sorted(taken) != [*range(1, len(one.fields) + 1)]:
        raise ValueError(f"{korean!r} needs each of the {len(one.fields)} fields of {one.key!r} once")
    order = iter(taken)
    text = BLANK.sub(lambda _: one.fields[next(order) - 1], korean) if one.fields else korean
    lead = len(one.text) - len(one.text.lstrip())
    return one.text[:lead] + text + one.text[len(one.text.rstrip()) :]


def _masked(code: str) -> str:
    """The cell with its magics blanked out, every other character in its place."""
    return "\n".join(" " * len(line) if line.startswith("%") else line for line in code.split("\n"))


def _for_the_learner(code: str) -> Iterator[str]:
    """The keys that need a Korean text: options and units of predictions, what is printed, comments."""
    python = without_magics(code)
    calls = [node for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Call) and _name(node) in SAID]
    for call in calls:
        for given in [*call.args, *(word.value for word in call.keywords if word.arg in ("unit", "question"))]:
            for text in _texts(given):
                found = literals(ast.get_source_segment(python, text) or "")
                yield from (one.key for one in found if WORD.search(one.key))
    yield from (one.key for one in literals(python) if not one.quote and WORD.search(one.text))


def _texts(given: ast.expr) -> Iterator[ast.expr]:
    """The texts that an argument may be: itself, or the alternatives of `a or b` and `a if … else b`."""
    if isinstance(given, ast.BoolOp):
        yield from (text for value in given.values for text in _texts(value))
    elif isinstance(given, ast.IfExp):
        yield from (text for value in (given.body, given.orelse) for text in _texts(value))
    elif isinstance(given, ast.JoinedStr) or (isinstance(given, ast.Constant) and isinstance(given.value, str)):
        yield given


def _name(call: ast.Call) -> str:
    """`predict` for `lab.predict(...)`, `print` for `print(...)`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
