"""The matrix as a heat map: a table of Nodes and plugins, the numbers in the cells, their ground by the score."""

from __future__ import annotations

import re

from k8slab.view.scheduling.attempts import Attempt, Preemption, Score
from k8slab.view.scheduling.matrix import Line, Matrix, matrix_of
from k8slab.view.scheduling.telling import (
    attempt_line,
    nodes_text,
    refusal_text,
    rest_text,
    sentence,
    verdict_text,
)
from k8slab.view.svg import escape
from k8slab.view.tables import MUTED, cell, heading, note, shade, table
from k8slab.view.words import Words

__all__ = [
    "attempt_html",
]

EDGE = "border:1px solid rgba(128,128,128,.35)"
CHOSEN = "border-top:2px solid currentColor;border-bottom:2px solid currentColor"
HATCH = "background:repeating-linear-gradient(45deg,rgba(128,128,128,.16) 0 3px,transparent 3px 8px)"
SMALL = f"font-size:.85em;{MUTED}"


def attempt_html(attempt: Attempt, at: int, n: int, words: Words, *, is_headed: bool = True) -> str:
    """The whole attempt; the sentence on top is left out where a fold above it has said it."""
    matrix = matrix_of(attempt)
    told = sentence(attempt, matrix, words)
    parts = [heading(told)] if is_headed else []
    parts.append(note(attempt_line(attempt, matrix, at, n, words)))
    rows = [_fit(line, attempt, words) for line in matrix.fits]
    if matrix.rest:
        rows.append(cell(escape(rest_text(matrix, words)), f"{EDGE};{MUTED}", span=len(matrix.plugins) + 2))
    rows += [_refused(line, len(matrix.plugins) + 1, words) for line in matrix.refused]
    if rows:
        parts += [table(_heads(attempt, matrix, words), rows, told), note(words("legend") if matrix.plugins else "")]
    if attempt.preemption is not None:
        parts.append(_preemption(attempt.preemption, words))
    return "".join(parts)


def _heads(attempt: Attempt, matrix: Matrix, words: Words) -> str:
    heads = [cell(words("node"), EDGE, head="col")]
    for plugin in matrix.plugins:
        weight = words("weight", n=attempt.weights[plugin]) if attempt.weights[plugin] else ""
        body = f'{_breakable(plugin)}<br/><span style="{SMALL};font-weight:400">{escape(weight)}</span>'
        heads.append(cell(body, f"{EDGE};min-width:58px;max-width:100px", head="col", align="center"))
    if matrix.plugins:
        heads.append(cell(escape(words("total")), EDGE, head="col", align="center"))
    else:
        heads.append(cell(escape(words("verdict")), EDGE, head="col"))
    return "".join(heads)


def _fit(line: Line, attempt: Attempt, words: Words) -> str:
    edge = f"{EDGE};{CHOSEN}" if line.is_chosen else EDGE
    name = ("★ " if line.is_chosen else "") + nodes_text(line.nodes, words)
    cells = [cell(escape(name), edge, head="row", title=", ".join(line.nodes))]
    if line.verdict.total is None:
        return cells[0] + cell(escape(words("unscored")), f"{edge};{MUTED}", span=len(attempt.weights) + 1)
    for plugin in attempt.weights:
        score = line.scores.get(plugin)
        cells.append(cell("", edge) if score is None else _score(score, plugin, line.nodes[0], edge, words))
    cells.append(cell(f"<strong>{line.verdict.total}</strong>", edge, align="center"))
    return "".join(cells)


def _score(score: Score, plugin: str, node: str, edge: str, words: Words) -> str:
    told = words("cell", plugin=plugin, node=node, **score._asdict())
    body = f'{score.weighted}<br/><span style="{SMALL};white-space:nowrap">{score.raw} → {score.normalized}</span>'
    return cell(body, f"{edge};{shade(score.normalized / 100)}", align="center", title=told)


def _refused(line: Line, span: int, words: Words) -> str:
    name = cell(
        f"✕ {escape(nodes_text(line.nodes, words))}",
        f"{EDGE};font-weight:400;{HATCH}",
        head="row",
        title=", ".join(line.nodes),
    )
    hint = escape(words("can change" if line.verdict.can_change else "cannot change"))
    why = f"<strong>{escape(line.verdict.plugin)}</strong>: {escape(', '.join(line.verdict.reasons))}"
    body = f'{why} <span style="{SMALL}">({hint})</span>'
    return name + cell(body, f"{EDGE};{HATCH}", span=span, title=refusal_text(line, words))


def _preemption(told: Preemption, words: Words) -> str:
    heads = "".join(
        cell(escape(words(name)), EDGE, head="col") for name in ("node", "victims", "priority", "violations")
    )
    rows = []
    for one in told.candidates:
        edge, mark = (f"{EDGE};{CHOSEN}", "★ ") if one.node == told.node else (EDGE, "")
        amounts = (one.priority, one.violations)
        rows.append(
            cell(escape(mark + one.node), f"{edge};white-space:nowrap", head="row")
            + cell(escape(", ".join(one.victims)), edge)
            + "".join(cell(str(amount), edge, align="center") for amount in amounts)
        )
    for reason, nodes in told.refused.items():
        name = cell(f"✕ {escape(nodes_text(nodes, words))}", f"{EDGE};font-weight:400;{HATCH}", head="row")
        rows.append(name + cell(escape(reason or words("no help")), f"{EDGE};{HATCH}", span=3))
    head = f'<p style="margin:.5em 0 .2em"><strong>{escape(words("preemption"))}</strong>: '
    return f"{head}{escape(verdict_text(told, words))}</p>" + (table(heads, rows, words("preemption")) if rows else "")


def _breakable(name: str) -> str:
    """A name that may be broken before its capital letters."""
    return "<wbr/>".join(escape(part) for part in re.split("(?<=[a-z])(?=[A-Z])", name))
