"""A bar for what takes long. Threads wait for each other here, never for the clock."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from k8slab.lab import controls_progress
from k8slab.lab.controls_progress import PanelBar, busy


class Bar:
    """Remembers what was shown; `seen` is set by the first of it."""

    def __init__(self) -> None:
        self.shown: list[tuple[float | None, str]] = []
        self.closed = 0
        self.seen = Event()

    def show(self, part: float | None, text: str) -> None:
        self.shown.append((part, text))
        self.seen.set()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls_progress, "PATIENCE_S", 0.0)
    monkeypatch.setattr(controls_progress, "TICK_S", 0.001)


def moments(*times: float) -> Callable[[], float]:
    """A clock that stands at the last of these moments."""
    left = list(times)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(
    ("until", "shown"),
    [(None, (None, "Virtual time passes: 30 s")), (160.0, (0.5, "Virtual time passes: 30 s of 60 s"))],
)
def test_what_takes_long_shows_how_far_it_is(impatient: None, until: float | None, shown: tuple[float, str]) -> None:
    bar = Bar()
    with busy(moments(100.0, 130.0), "en", bar, until):
        assert bar.seen.wait(10)

    assert (bar.shown[0], bar.closed) == (shown, 1)


def test_what_is_quick_shows_nothing() -> None:
    bar = Bar()
    with busy(moments(100.0), "en", bar):
        pass

    assert (bar.shown, bar.closed) == ([], 0)


def test_work_within_work_is_told_by_the_outer_bar(impatient: None) -> None:
    outer, inner = Bar(), Bar()
    with busy(moments(100.0, 100.0, 105.0), "en", outer), busy(lambda: 100.0, "en", inner, until=110.0):
        outer.seen.clear()
        assert outer.seen.wait(10)

    assert (0.5, "Virtual time passes: 5 s of 10 s") in outer.shown and inner.shown == []


def test_a_mistake_takes_the_bar_away(impatient: None) -> None:
    bar = Bar()
    with pytest.raises(ValueError, match="no"), busy(lambda: 0.0, "en", bar):
        assert bar.seen.wait(10)
        raise ValueError("no")

    assert bar.closed == 1


def test_without_a_kernel_no_cell_shows_a_bar(impatient: None, capsys: pytest.CaptureFixture[str]) -> None:
    with busy(lambda: 0.0, "en"):
        pass

    assert capsys.readouterr().out == ""


def test_the_bar_of_a_panel_is_hidden_when_all_is_done() -> None:
    bar = PanelBar()
    states = [bar.widget.layout.display]
    bar.show(0.5, "half")
    states.append(bar.widget.layout.display)
    bar.close()

    assert [*states, bar.widget.layout.display] == ["none", "flex", "none"]


@pytest.mark.parametrize(("seconds", "text"), [(30, "30 s"), (600, "10 min"), (9000, "2.5 h")])
def test_spans_are_short(seconds: float, text: str) -> None:
    assert controls_progress._span(seconds) == text
