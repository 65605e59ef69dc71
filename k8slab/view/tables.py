"""Pieces of HTML tables. Styles stand in the elements, so that they outlive the cleaning of an untrusted output.

The ground of a cell is a see-through colour, so that letters keep their contrast on light and on dark paper.
"""

from __future__ import annotations

from collections.abc import Iterable

from k8slab.view.svg import escape

__all__ = [
    "MUTED",
    "cell",
    "details",
    "heading",
    "note",
    "shade",
    "table",
]

MUTED = "opacity:.72"
CELL = "padding:3px 8px;border:0;vertical-align:top;background:none"
BLUE = "0,114,178"  # of Okabe and Ito's set
STRONGEST = 0.5  # the share of colour at which black letters and white ones can still be read


def cell(body: str, style: str = "", *, span: int = 1, align: str = "left", head: str = "", title: str = "") -> str:
    """One cell around HTML; `head` is col or row for a head, `title` is what hovering tells."""
    name = "th" if head else "td"
    scope = f' scope="{head}"' if head else ""
    wide = f' colspan="{span}"' if span > 1 else ""
    hover = f' title="{escape(title)}"' if title else ""
    weight = "font-weight:600;" if head else ""
    return f'<{name}{scope}{wide}{hover} style="{CELL};{weight}text-align:{align};{style}">{body}</{name}>'


def table(heads: str, rows: Iterable[str], label: str) -> str:
    """A table with this row of heads ("" for none); `label` says what it shows to who does not see it."""
    head = f'<thead><tr style="background:none">{heads}</tr></thead>' if heads else ""
    body = "".join(f'<tr style="background:none">{row}</tr>' for row in rows)
    style = "border-collapse:collapse;font-size:13px;line-height:1.35;margin:.2em 0 .5em;max-width:100%"
    return f'<table style="{style}" aria-label="{escape(label)}">{head}<tbody>{body}</tbody></table>'


def details(summary: str, body: str, *, is_open: bool = False) -> str:
    """HTML that shows after a click, by mouse or by keyboard."""
    open_ = " open" if is_open else ""
    head = f'<summary style="cursor:pointer">{escape(summary)}</summary>'
    return f'<details style="margin:.3em 0"{open_}>{head}{body}</details>'


def heading(text: str) -> str:
    """The sentence on top."""
    return f'<p style="margin:.6em 0 .3em;word-break:keep-all"><strong>{escape(text)}</strong></p>'


def note(text: str) -> str:
    """A line in smaller letters."""
    return f'<p style="margin:.3em 0;font-size:.9em;word-break:keep-all;{MUTED}">{escape(text)}</p>' if text else ""


def shade(share: float, colour: str = BLUE) -> str:
    """The ground of a cell: none at 0, strongest at 1."""
    return f"background:rgba({colour},{STRONGEST * min(max(share, 0.0), 1.0):.2f})" if share > 0 else ""
