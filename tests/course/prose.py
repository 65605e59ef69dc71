"""The numbers that a text states, and those that the cells of its notebook hold or show."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

NUMBER = re.compile(r"(?<![\w.-])\d+(?:[.,]\d+)*")
NOT_PROSE = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|\b\d\d · |Kubernetes v\d\.\d+|about \d+ minutes|약 \d+분", re.DOTALL
)  # code, links, names of notebooks, the release, the reading time
TAG = re.compile(r"<[^>]*>")
WORDS = {
    word: str(value)
    for value, word in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=2
    )
} | {"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000"}


def stated(text: str) -> set[str]:
    """The numbers in a text, words such as "seven" included; code, links and names of notebooks are no prose."""
    prose = NOT_PROSE.sub(" ", text)
    words = {WORDS[word] for word in re.findall(r"[a-z]+", prose.lower()) if word in WORDS}
    return words | {_plain(number) for number in NUMBER.findall(prose)}


def held(notebook: Any) -> set[str]:
    """The numbers in the code of a notebook that was run, and in all it shows."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts.append(cell.source)
            texts += [part for output in cell.outputs for part in _texts(output)]
    return {_plain(number) for text in texts for number in re.findall(r"\d+(?:[.,]\d+)*", text)}


def _texts(output: Any) -> list[str]:
    data = output.get("data", {})
    shown = [data.get("text/plain", ""), unescape(TAG.sub(" ", data.get("text/html", "")))]
    return [output.get("text", ""), *("".join(text) for text in shown)]


def _plain(number: str) -> str:
    """Without thousands separators, and 2.0 as 2."""
    whole = number.replace(",", "").rstrip(".")
    return whole.removesuffix(".0") if whole.count(".") == 1 else whole
