"""What is wrong with a manifest, in the learner's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from k8slab.lab.mistakes.places import Place
from k8slab.wire import BadRequest

__all__ = [
    "ManifestMistakes",
    "Problem",
    "tell",
]

MOST_TOLD = 20
WORDS = {
    "en": {
        "head": "error: there is {n} mistake in the manifest; nothing was written",
        "heads": "error: there are {n} mistakes in the manifest; nothing was written",
        "line": "line {line}: {text}",
        "more": "… and {n} more",
        "unknown field": "unknown field {path}",
        "unknown kind": "there is no kind {kind}",
        "other version": "{kind} is of {versions}, not of {version}",
        "no kind": "an object needs {field}",
        "wrong type": "{path} must be {wanted}, and this is {found}",
        "syntax": "this is no YAML: {problem}",
        "tab": "; indent with spaces, never with tabs",
        "meant": "; did you mean {name}?",
        "belongs": "; there is one at {path}",
        "quote": "; put it in quotes",
        "object": "an object (lines of name: value, further to the right)",
        "list": "a list (each of its entries begins with -)",
        "string": "a text",
        "boolean": "true or false",
        "whole": "a whole number",
        "number": "a number",
        "text or number": "a text or a number",
        "found object": "an object",
        "found list": "a list",
        "found string": "the text {value}",
        "found boolean": "{value}, a truth value",
        "found number": "the number {value}",
        "found null": "nothing",
    },
    "ko": {
        "head": "error: 매니페스트에 잘못된 곳이 {n}군데 있습니다. 아무것도 쓰지 않았습니다",
        "heads": "error: 매니페스트에 잘못된 곳이 {n}군데 있습니다. 아무것도 쓰지 않았습니다",
        "line": "{line}번째 줄: {text}",
        "more": "… 그 밖에 {n}군데",
        "unknown field": "{path}라는 필드는 없습니다",
        "unknown kind": "{kind}라는 kind는 없습니다",
        "other version": "{kind}의 apiVersion은 {version}이 아니라 {versions}입니다",
        "no kind": "오브젝트에는 {field}가 있어야 합니다",
        "wrong type": "{path}에는 {wanted}이 와야 하는데 여기에는 {found}이 있습니다",
        "syntax": "YAML 문법에 맞지 않습니다: {problem}",
        "tab": ". 들여쓰기는 탭이 아니라 공백으로 하세요",
        "meant": ". 혹시 {name}인가요?",
        "belongs": ". {path}에는 있습니다",
        "quote": ". 따옴표로 감싸 보세요",
        "object": "오브젝트(오른쪽으로 들여 쓴 이름: 값)",
        "list": "목록(항목마다 -로 시작)",
        "string": "문자열",
        "boolean": "참/거짓 값(true, false)",
        "whole": "정수 값",
        "number": "숫자 값",
        "text or number": "문자열이나 숫자 값",
        "found object": "오브젝트 값",
        "found list": "목록",
        "found string": "{value}라는 문자열",
        "found boolean": "{value}라는 참/거짓 값",
        "found number": "{value}라는 숫자 값",
        "found null": "빈 값",
    },
}


class Problem(NamedTuple):
    """One mistake: its place, and a sentence."""

    place: Place
    text: str

    def said(self, lang: str) -> str:
        """The sentence with its line, and the line."""
        return f"{tell(lang, 'line', line=self.place.line, text=self.text)}\n{self.place.shown}"


class ManifestMistakes(BadRequest):
    """A manifest that cannot be applied, with all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem], lang: str) -> None:
        self.problems = sorted(problems)
        head = tell(lang, "head" if len(problems) == 1 else "heads", n=len(problems))
        told = [problem.said(lang) for problem in self.problems[:MOST_TOLD]]
        if len(problems) > MOST_TOLD:
            told.append(tell(lang, "more", n=len(problems) - MOST_TOLD))
        super().__init__("\n".join([head, *told]))


def tell(lang: str, key: str, **values: object) -> str:
    """The words for `key` in this language. Raises KeyError for a key that is none."""
    return WORDS.get(lang, WORDS["en"])[key].format(**values)
