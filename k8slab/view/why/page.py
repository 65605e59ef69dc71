"""The chain on a page: numbered steps from top to bottom on one line, each with its time and what it follows from."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from k8slab.objects import rfc3339_micro
from k8slab.view.fields import NOTHING, FieldChange
from k8slab.view.svg import escape
from k8slab.view.tables import MUTED, cell, heading, note, table
from k8slab.view.why.chain import Chain, Step
from k8slab.view.words import Words

__all__ = [
    "chain_html",
    "chain_text",
]

SIGNS = {"new": "+", "changed": "△", "gone": "×", "event": "·", "warning": "!"}
COLOURS = {
    "new": "0,114,178",
    "changed": "230,159,0",
    "gone": "213,94,0",
    "event": "128,128,128",
    "warning": "213,94,0",
}
LINE = "background:linear-gradient(rgba(128,128,128,.55),rgba(128,128,128,.55)) center/2px 100% no-repeat"


def chain_text(sentence: str, findings: list[str], chain: Chain, notes: list[str], words: Words) -> str:
    """All of it as lines."""
    lines = [sentence]
    lines += [f"{words('now')}: {line}" for line in findings]
    for step in chain.steps:
        if step.number == _resumes(chain):
            lines.append(f"    … {words('left out', n=chain.left_out)}")
        lines.append(f"{step.number:>3}. {_clock(step.when)} {SIGNS[step.mark]} {step.did}{_told(step.fields)}")
        if step.because:
            lines.append(f"       {_because(step, words)}")
    return "\n".join([*lines, *notes])


def chain_html(sentence: str, findings: list[str], chain: Chain, notes: list[str], words: Words) -> str:
    """All of it as a table: numbers on a line, the moment, what happened and why."""
    parts = [heading(sentence)]
    if findings:
        items = "".join(f'<li style="margin:0">{escape(line)}</li>' for line in findings)
        head = f"<strong>{escape(words('now'))}</strong>"
        parts.append(
            f'<div style="margin:.3em 0">{head}<ul style="margin:.1em 0 .3em;padding-left:1.4em">{items}</ul></div>'
        )
    if chain.steps:
        heads = cell("") + "".join(cell(escape(words(name)), MUTED, head="col") for name in ("time", "chain"))
        parts.append(table(heads, _rows(chain, words), sentence))
    return f'<div style="max-width:1000px">{"".join(parts)}{"".join(map(note, notes))}</div>'


def _rows(chain: Chain, words: Words) -> Iterable[str]:
    for step in chain.steps:
        if step.number == _resumes(chain):
            yield (
                cell("⋮", f"{LINE}", align="center")
                + cell("")
                + cell(escape(words("left out", n=chain.left_out)), MUTED)
            )
        yield _row(step, words)


def _row(step: Step, words: Words) -> str:
    look = f"border:2px solid rgb({COLOURS[step.mark]});border-radius:1em"
    ground = "background:var(--jp-layout-color0,#fff)"
    number = (
        f'<span style="{look};{ground};display:inline-block;min-width:1.5em;padding:0 .3em;text-align:center;'
        f'white-space:nowrap;line-height:1.45">{step.number}</span>'
    )
    sign = f'<span aria-hidden="true" style="display:inline-block;min-width:1em">{SIGNS[step.mark]}</span>'
    did = escape(step.did) if step.mark in ("event", "warning") else f"<strong>{escape(step.did)}</strong>"
    quiet = MUTED if step.mark == "event" else ""
    body = f'<div style="overflow-wrap:anywhere;{quiet}">{sign} {did}{_fields(step.fields)}</div>'
    if step.because:
        body += f'<div style="padding-left:1.3em;overflow-wrap:anywhere;{MUTED}">{escape(_because(step, words))}</div>'
    when = cell(_clock(step.when), f"white-space:nowrap;font-variant-numeric:tabular-nums;{MUTED}")
    return cell(number, f"{LINE};vertical-align:top", align="center") + when + cell(body)


def _fields(fields: Iterable[FieldChange]) -> str:
    parts = []
    for field in fields:
        path = f'<code style="background:none;padding:0">{escape(field.path)}</code>'
        if field.before == NOTHING:
            parts.append(f"{path} = {escape(field.after)}")
        else:
            parts.append(f"{path} {escape(field.before)} → {escape(field.after)}")
    return "".join(f' <span style="{MUTED}">·</span> {part}' for part in parts)


def _told(fields: Iterable[FieldChange]) -> str:
    parts = [f"{field.path} {field.before} → {field.after}" for field in fields]
    return f" ({'; '.join(parts)})" if parts else ""


def _because(step: Step, words: Words) -> str:
    text = words("because", text=step.because)
    if not step.on:
        return text
    steps = ", ".join(words("step", n=number) for number in step.on)
    return f"{text} {words('steps', steps=steps)}"


def _resumes(chain: Chain) -> int:
    """The number of the first step after those that are left out."""
    if not chain.left_out:
        return 0
    numbers = [step.number for step in chain.steps]
    return next(b for a, b in pairwise(numbers) if b != a + 1)


def _clock(seconds: float) -> str:
    """`00:00:05.674`."""
    return rfc3339_micro(seconds)[11:23]
