"""How wide a text is, and how to shorten one to the room there is. No font is asked: a picture must be cheap.

The widths are those of DejaVu Sans, the widest of the common faces, so that nothing overlaps in any of them.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = [
    "SMALL",
    "fit",
    "text_width",
]

SMALL = 13.0  # the smallest letters of a picture, in units of its width of 900
TAIL = 5  # what is kept of the end of a shortened name: the random part tells Pods apart
BOLD = 1.1
ELLIPSIS = "…"

_GROUPS = {0.31: "' ,.IJijl", 0.36: "-/:;\\f|", 0.41: '!()[]rt·"', 0.52: "*_`sz", 0.56: "?Lc", 0.61: "FPTYaekovxy"}
_GROUPS |= {0.72: "ABCRVXZ", 0.77: "DGHNU", 0.84: "&OQw#+<=>M^~→←↻✎−", 1.0: "m%W@…—"}
_EMS = {letter: ems for ems, letters in _GROUPS.items() for letter in letters}
_OTHER, _WIDE = 0.64, 1.0


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = SMALL, *, bold: bool = False) -> float:
    """The width of a text in a common sans-serif face."""
    ems = sum(_EMS.get(letter) or (_WIDE if letter > "\u1100" else _OTHER) for letter in text)
    return ems * size * (BOLD if bold else 1.0)


@lru_cache(maxsize=8192)
def fit(text: str, width: float, size: float = SMALL, *, bold: bool = False, tail: int = TAIL) -> str:
    """The text, or as much of its beginning and its end as `width` holds with an ellipsis between ("" when nothing).

    `tail` is how many letters of the end are kept, if there is room for them.
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    for kept, least in ((tail, 3), (0, 1)):
        for head in range(len(text) - kept - 1, least - 1, -1):
            end = text[len(text) - kept :] if kept else ""
            short = text[:head].rstrip("-. ") + ELLIPSIS + end
            if text_width(short, size, bold=bold) <= width:
                return short
    return ""
