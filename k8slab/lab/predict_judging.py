"""How near a prediction came: right, near or wrong, and the sentence that says so. Pure.

No grade is a punishment: right counts one point, near half a one, and what was not foreseen none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "POINTS",
    "SIGNS",
    "Judged",
    "judge_choice",
    "judge_number",
    "judge_order",
    "judge_place",
    "number_text",
]

SIGNS = {"right": "✓", "near": "≈", "wrong": "○", "open": "…"}  # no cross: no prediction is a fault
POINTS = {"right": 1.0, "near": 0.5, "wrong": 0.0}
MOSTLY = 0.75  # of the pairs of an order


class Judged(NamedTuple):
    """A grade (right, near, wrong), the name of a sentence in words.py, and what fills its blanks."""

    grade: str
    sentence: str
    blanks: dict[str, str] = {}


def judge_choice(said: str, answer: str) -> Judged:
    """One of several options is it, or is not."""
    return Judged("right", "right") if said == answer else Judged("wrong", "wrong")


def judge_number(said: float, answer: float, exact: float, near: float) -> Judged:
    """Right within the part `exact` of the answer, near within the factor `near`."""
    if said == answer:
        return Judged("right", "number exact")
    if abs(said - answer) <= exact * abs(answer):
        return Judged("right", "number right", {"part": f"{100 * exact:g}"})
    if said * answer <= 0:  # no factor leads from one to the other
        return Judged("near" if abs(said - answer) <= 1 else "wrong", "number apart")
    factor = max(said / answer, answer / said)
    told = {"factor": number_text(float(f"{factor:.2g}"))}
    if factor <= near:
        return Judged("near", "number more" if abs(said) > abs(answer) else "number less", told)
    return Judged("wrong", "number off", told)


def judge_order(said: Sequence[str], answer: Sequence[str]) -> Judged:
    """Near when most pairs stand in the right order. Raises ValueError for an answer of other steps."""
    if sorted(said) != sorted(answer):
        raise ValueError(f"the answer must be an order of the same steps: {', '.join(said)}")
    place = {step: number for number, step in enumerate(answer)}
    pairs = [(a, b) for number, a in enumerate(said) for b in said[number + 1 :]]
    good = sum(place[a] < place[b] for a, b in pairs)
    if good == len(pairs):
        return Judged("right", "right")
    grade = "near" if good >= MOSTLY * len(pairs) else "wrong"
    return Judged(grade, f"order {grade}", {"good": str(good), "all": str(len(pairs))})


def judge_place(said: str, answers: Iterable[str]) -> Judged:
    """`Pod/default/web-1` against the places that are right; a Pod of the same workload is near."""
    answers = list(answers)
    if said in answers:
        return Judged("right", "right")
    if said.startswith("Pod/") and any(_workload(said) == _workload(answer) for answer in answers):
        return Judged("near", "place near")
    return Judged("wrong", "wrong")


def number_text(number: float) -> str:
    """`48`, `1,200`, `0.25`: as many digits as somebody reads."""
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 1000 else f"{number:,.3g}"


def _workload(pod: str) -> str:
    """The name without the part that tells Pods of one workload apart."""
    return pod.rpartition("-")[0] or pod
