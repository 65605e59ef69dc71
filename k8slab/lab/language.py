"""Which language a notebook speaks: the one of the folder it lies in, `notebooks/ko/` being Korean.

Jupyter tells a kernel the path of its notebook in JPY_SESSION_NAME; K8SLAB_LANG overrules it.
"""

from __future__ import annotations

import os
from pathlib import PurePath

__all__ = [
    "LANGUAGES",
    "language_of_notebook",
]

LANGUAGES = ("en", "ko")


def language_of_notebook() -> str:
    """`en` or `ko`."""
    chosen = os.environ.get("K8SLAB_LANG", "")
    if chosen in LANGUAGES:
        return chosen
    folders = PurePath(os.environ.get("JPY_SESSION_NAME", "")).parts[:-1]
    return "ko" if "ko" in folders else "en"
