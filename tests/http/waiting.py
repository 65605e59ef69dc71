"""Waiting, in real time, for what a server does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable


def soon(condition: Callable[[], bool]) -> bool:
    """The condition comes true within ten seconds."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()
