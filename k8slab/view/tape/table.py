"""Write a tape down: as an HTML table whose style survives JupyterLab's cleaning, and as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from k8slab.view.moments import after
from k8slab.view.svg import escape
from k8slab.view.tape.lines import REQUESTS, Line

if TYPE_CHECKING:
    from k8slab.view.tape.following import Tape

__all__ = [
    "tape_html",
    "tape_text",
]

NEWEST = 24
UNBROKEN = 32  # letters of a name that stay in one line
CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;border:0"
MUTED = "opacity:.7"
SIGNS = {
    "LIST": "▤", "WATCH": "→", "ADDED": "+", "MODIFIED": "△", "DELETED": "×", "BOOKMARK": "◇", "ERROR": "!",
    "END": "■", "TORN": "✂", "SILENT": "?",
}  # fmt: skip
COLOURS = {"ADDED": "#0072b2", "MODIFIED": "#b37400", "DELETED": "#d55e00", "ERROR": "#d55e00", "TORN": "#d55e00"}


def tape_text(tape: Tape) -> str:
    """A head, and a line for each line."""
    rows = [_cells(line, tape.began) for line in _newest(tape)]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    texts = [
        "  ".join([*(part.ljust(width) for part, width in zip(row, widths, strict=False)), *filter(None, row[3:])])
        for row in rows
    ]
    return "\n".join([_head(tape), *_earlier(tape), *texts])


def tape_html(tape: Tape) -> str:
    """A caption, and the newest lines as a table; requests stand out from what comes."""
    head = escape(_head(tape))
    names = ("time", "type", "revision", "object", "told", "bytes")
    heads = "".join(
        f'<th scope="col" style="{CELL};font-weight:600;{MUTED}{_right(name)}">{escape(tape.words(name))}</th>'
        for name in names
    )
    earlier = "".join(f'<p style="margin:.2em 0;{MUTED}">{escape(text)}</p>' for text in _earlier(tape))
    rows = "".join(_row(line, tape) for line in _newest(tape))
    style = "border-collapse:collapse;font-size:13px;line-height:1.45;margin:.2em 0 .4em;width:100%;max-width:1000px"
    return (
        f'<div style="max-width:1000px"><p style="margin:.4em 0 .2em"><strong>{head}</strong></p>{earlier}'
        f'<table aria-label="{head}" style="{style}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _head(tape: Tape) -> str:
    words = tape.words
    state = words("torn" if tape.is_torn else "open" if tape.is_open else "waiting")
    sums = words("sums", requests=tape.requests, events=tape.events, bytes=f"{tape.received_bytes:,}")
    return f"{words('title', what=tape.title)} ({state}): {sums}"


def _earlier(tape: Tape) -> Sequence[str]:
    hidden = tape.hidden + len(tape.lines) - NEWEST
    return [tape.words("earlier", n=hidden)] if hidden > 0 else []


def _newest(tape: Tape) -> list[Line]:
    return list(tape.lines)[-NEWEST:]


def _cells(line: Line, began: float) -> tuple[str, str, str, str, str, str]:
    size = f"[{line.size_bytes:,} B]" if line.size_bytes else ""
    name = f"{SIGNS[line.type]} {line.type}"
    return after(line.time - began).rjust(8), name, line.revision, line.what, line.told, size


def _row(line: Line, tape: Tape) -> str:
    time, _, revision, _, _, _ = _cells(line, tape.began)
    colour = f"color:{COLOURS[line.type]};" if line.type in COLOURS else ""
    sign = f'<span style="{colour}font-weight:700">{SIGNS[line.type]}</span> {line.type}'
    size = f"{line.size_bytes:,}" if line.size_bytes else ""
    ground = "background:rgba(128,128,128,.12)" if line.type in REQUESTS else "background:none"
    return (
        f'<tr style="{ground}"><td style="{CELL};white-space:nowrap;{MUTED}">{time.strip()}</td>'
        f'<td style="{CELL};white-space:nowrap">{sign}</td><td style="{CELL}">{escape(revision)}</td>{_said(line)}'
        f'<td style="{CELL};white-space:nowrap;text-align:right">{size}</td></tr>'
    )


def _said(line: Line) -> str:
    """Two cells: who, and what changed; of a request one, since a path is long."""
    style = f"{CELL};overflow-wrap:anywhere"
    if line.type in REQUESTS:
        path = f'<code style="background:none;padding:0">{escape(line.what)}</code>'
        return f'<td colspan="2" style="{style}">{path} <span style="{MUTED}">· {escape(line.told)}</span></td>'
    name = f"{CELL};white-space:nowrap" if len(line.what) <= UNBROKEN else style
    return f'<td style="{name}">{escape(line.what)}</td><td style="{style}">{escape(line.told)}</td>'


def _right(name: str) -> str:
    return ";text-align:right" if name == "bytes" else ""
