"""How wide a text is, roughly, and how to shorten one to the room there is. No font is asked: a picture must be cheap."""

from __future__ import annotations

from functools import lru_cache

__all__ = [
    "SMALL",
    "fit",
    "text_width",
]

SMALL = 13.0  # the smallest letters of a picture, in units of its width of 900
TAIL = 5  # what is kept of the end of a shortened name: the random part tells Pods apart

_NARROW = set("iIjl.,:;|!'()[]/ ·-ftr")
_WIDE = set("mwMW@%✎")


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = SMALL, *, bold: bool = False) -> float:
    """The width of a text in a common sans-serif face."""
    ems = sum(map(_em, text))
    return ems * size * (1.07 if bold else 1.0)


@lru_cache(maxsize=8192)
def fit(text: str, width: float, size: float = SMALL, *, bold: bool = False) -> str:
    """The text, or as much of its beginning and its end as `width` holds with an ellipsis between ("" when nothing)."""
    if text_width(text, size, bold=bold) <= width:
        return text
    for tail in (TAIL, 0):
        for head in range(len(text) - tail - 1, 0, -1):
            short = f"{text[:head].rstrip('-.')}…{text[len(text) - tail :] if tail else ''}"
            if text_width(short, size, bold=bold) <= width:
                if head < 3 and tail:
                    break
                return short
    return ""


def _em(letter: str) -> float:
    if letter > "\u1100":
        return 0.8 if letter in "…–—•→✎" else 1.0
    if letter in _NARROW:
        return 0.33
    if letter in _WIDE:
        return 0.86
    return 0.68 if letter.isupper() else 0.56
