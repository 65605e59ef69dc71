"""A progress bar for what takes longer than a second of a person's time; what is quicker shows none.

A thread waits beside the work and looks at the virtual clock; the work itself knows nothing of it.

Left out  where threads cannot be started (Python in a browser) there is no bar
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Protocol

from IPython.core.getipython import get_ipython
from IPython.display import HTML, display

from k8slab.lab.words import say
from k8slab.view.svg import escape

__all__ = ["Bar", "CellBar", "PanelBar", "busy"]

PATIENCE_S, TICK_S = 1.0, 0.25


class Bar(Protocol):
    """Where progress is shown."""

    def show(self, part: float | None, text: str) -> None:
        """So much is done (None: nobody knows of how much)."""

    def close(self) -> None:
        """It is over. Nothing when nothing has been shown."""


class CellBar:
    """A bar in the output of the cell that runs; it is gone when the work is done."""

    def __init__(self) -> None:
        self._shown: Any = None

    def show(self, part: float | None, text: str) -> None:
        """Draw it, or draw it anew."""
        value = "" if part is None else f' value="{part:.3f}" max="1"'
        text = escape(text)
        html = HTML(f'<label>{text} <progress{value} aria-label="{text}" style="width:20em"></progress></label>')
        if self._shown is None:
            self._shown = display(html, display_id=True)
        else:
            self._shown.update(html)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._shown is not None:
            self._shown.update(HTML(""))


class PanelBar:
    """A bar that has its place in a panel; `widget` is hidden while nothing takes long."""

    def __init__(self) -> None:
        import ipywidgets as widgets  # a Lab without a panel needs none

        self._progress = widgets.FloatProgress(min=0, max=1, layout={"width": "20em"})
        self._text = widgets.Label()
        self.widget = widgets.HBox([self._progress, self._text], layout={"display": "none"})

    def show(self, part: float | None, text: str) -> None:
        """Draw it."""
        self._progress.bar_style = "info" if part is None else ""
        self._progress.value = 1.0 if part is None else part
        self._text.value = self._progress.tooltip = text
        self.widget.layout.display = "flex"

    def close(self) -> None:
        """Hide it."""
        self.widget.layout.display = "none"


class _Work:
    """What goes on: from when, and until when if that is known (virtual seconds)."""

    def __init__(self, now: Callable[[], float], lang: str, bar: Bar) -> None:
        self.now = now
        self.lang = lang
        self.bar = bar
        self.start = now()
        self.until: float | None = None
        self.done = Event()

    def watch(self) -> None:
        """Show the bar from the first second to the end."""
        if self.done.wait(PATIENCE_S):
            return
        while True:
            self._show()
            if self.done.wait(TICK_S):
                break
        self.bar.close()

    def _show(self) -> None:
        passed = self.now() - self.start
        if self.until is None:
            self.bar.show(None, say(self.lang, "busy", done=_span(passed)))
            return
        whole = max(self.until - self.start, 1e-9)
        self.bar.show(min(passed / whole, 1.0), say(self.lang, "busy of", done=_span(passed), all=_span(whole)))


_WORK: contextvars.ContextVar[_Work | None] = contextvars.ContextVar("k8slab_work", default=None)


@contextmanager
def busy(now: Callable[[], float], lang: str, bar: Bar | None = None, until: float | None = None) -> Iterator[None]:
    """Show a bar as soon as the work inside has taken a second; `until` is where virtual time is led.

    Work within work is told by the outer bar.
    """
    outer = _WORK.get()
    if outer is not None:
        outer.start, outer.until = now(), until
        yield
        outer.until = None
        return
    if bar is None and not _has_kernel():
        yield
        return
    work = _Work(now, lang, bar or CellBar())
    work.until = until
    thread = Thread(target=contextvars.copy_context().run, args=(work.watch,), name="k8slab-progress", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no threads here
        yield
        return
    token = _WORK.set(work)
    try:
        yield
    finally:
        _WORK.reset(token)
        work.done.set()
        thread.join()


def _span(seconds: float) -> str:
    """`12 s`, `5 min`, `3.5 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _has_kernel() -> bool:
    """Somebody looks at the cells while they run."""
    if os.environ.get("K8SLAB_STATIC") == "1" or os.environ.get("NBGRADER_EXECUTION"):
        return False
    return getattr(get_ipython(), "kernel", None) is not None
