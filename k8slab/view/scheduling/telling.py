"""The matrix in words: what a terminal and a screen reader get, and the sentences that the heat map shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from k8slab.objects import rfc3339
from k8slab.view.scheduling.attempts import Attempt, Preemption
from k8slab.view.scheduling.matrix import Line, Matrix, matrix_of
from k8slab.view.words import Words

__all__ = [
    "attempt_line",
    "attempt_text",
    "nodes_text",
    "reason_text",
    "refusal_text",
    "rest_text",
    "sentence",
]

MOST_NAMES = 3


def sentence(attempt: Attempt, matrix: Matrix, words: Words) -> str:
    """How the attempt ended, and why."""
    if attempt.result == "Error":
        return words("error", pod=attempt.pod, message=attempt.message)
    if not attempt.node:
        return words("unschedulable", pod=attempt.pod, message=_without_rescue(attempt))
    best = matrix.best
    if best is None or not matrix.plugins:
        is_nominee = matrix.looked == 1 and attempt.nominated == attempt.node
        way = "nominated" if is_nominee else "only" if matrix.passed == 1 else "unseen"
        return words(f"scheduled.{way}", pod=attempt.pod, node=attempt.node)
    total = next((line.verdict.total for line in matrix.fits if line.is_chosen), None)
    is_tie = matrix.ties > 1 and total == best.total
    name = "scheduled.unseen" if total != best.total else "scheduled.tie" if is_tie else "scheduled"
    text = words(name, pod=attempt.pod, node=attempt.node, total=total, ties=matrix.ties, fits=matrix.passed)
    return text if total == best.total else text + words("lower", best=best.node, points=best.total)


def reason_text(attempt: Attempt, matrix: Matrix, words: Words) -> str:
    """Why this Node, in a few words: its points of how many Nodes, or that there was no other."""
    total = next((line.verdict.total for line in matrix.fits if line.is_chosen), None)
    if total is None:
        return words("reason.only", node=attempt.node)
    return words("reason", node=attempt.node, total=total, fits=matrix.passed, looked=matrix.looked)


def _without_rescue(attempt: Attempt) -> str:
    """The message up to what preemption says, which is told apart."""
    rescue = attempt.preemption.message if attempt.preemption is not None else ""
    return attempt.message.removesuffix(rescue).rstrip() if rescue else attempt.message


def attempt_line(attempt: Attempt, matrix: Matrix, at: int, n: int, words: Words) -> str:
    """When it was, which of how many, whose, and how many Nodes it was about."""
    when = rfc3339(attempt.when)[11:19]
    which = words("attempt", at=at, n=n)
    scheduler = attempt.scheduler or "default-scheduler"
    return words("by", when=when, attempt=which, scheduler=scheduler, looked=matrix.looked, fits=matrix.passed)


def attempt_text(attempt: Attempt, at: int, n: int, words: Words) -> str:
    """The whole attempt, a line per Node."""
    matrix = matrix_of(attempt)
    lines = [sentence(attempt, matrix, words), attempt_line(attempt, matrix, at, n, words)]
    lines += [_fit(line, attempt, words) for line in matrix.fits]
    if matrix.rest:
        lines.append(f"  {rest_text(matrix, words)}")
    lines += [f"✕ {nodes_text(line.nodes, words)}: {refusal_text(line, words)}" for line in matrix.refused]
    if attempt.preemption is not None:
        lines += preemption_lines(attempt.preemption, words)
    return "\n".join(lines)


def _fit(line: Line, attempt: Attempt, words: Words) -> str:
    mark = "★" if line.is_chosen else " "
    name = nodes_text(line.nodes, words)
    if line.verdict.total is None:
        return f"{mark} {name}: {words('unscored')}"
    parts = [
        f"{plugin} {score.raw}→{score.normalized}{_times(attempt.weights[plugin])}={score.weighted}"
        for plugin, score in line.scores.items()
    ]
    return f"{mark} {name}: {line.verdict.total} = {' + '.join(parts)}"


def _times(weight: int) -> str:
    return f"×{weight}" if weight else ""


def nodes_text(nodes: Sequence[str], words: Words) -> str:
    """Names of Nodes, the first three of many."""
    if len(nodes) <= MOST_NAMES + 1:
        return ", ".join(nodes)
    return words("and more", names=", ".join(nodes[:MOST_NAMES]), n=len(nodes) - MOST_NAMES)


def refusal_text(line: Line, words: Words) -> str:
    """Which plugin filtered it out, why, and whether preemption could help."""
    hint = words("can change" if line.verdict.can_change else "cannot change")
    return f"{line.verdict.plugin}: {', '.join(line.verdict.reasons)} ({hint})"


def rest_text(matrix: Matrix, words: Words) -> str:
    """Nodes that passed, but have no line."""
    return words("rest", n=len(matrix.rest), low=min(matrix.rest), high=max(matrix.rest))


def preemption_lines(told: Preemption, words: Words) -> Iterable[str]:
    """What preemption weighed."""
    yield f"{words('preemption')}: {verdict_text(told, words)}"
    for one in told.candidates:
        mark = "★" if one.node == told.node else " "
        victims = ", ".join(one.victims)
        amounts = f"{words('priority')} {one.priority}, {words('violations')} {one.violations}"
        yield f"{mark} {one.node}: {words('victims')} {victims}; {amounts}"
    for reason, nodes in told.refused.items():
        yield f"✕ {nodes_text(nodes, words)}: {reason or words('no help')}"


def verdict_text(told: Preemption, words: Words) -> str:
    """What came of it."""
    if told.node:
        return words("nominated", node=told.node, victims=", ".join(told.victims))
    return told.message or words("nominated.none")
