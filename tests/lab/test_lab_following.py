"""Panels of a served lab follow it while no cell runs: on the notebook's own event loop, and only for news."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from k8slab.lab import Lab
from k8slab.lab.following import LOOK_S, Following

LIMIT_S = 30.0


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab(1, lang="en")
    lab.picture()
    yield lab
    lab.close()


def in_a_notebook(cell: Callable[[], Coroutine[Any, Any, None]]) -> list[Any]:
    """Run this on an event loop, and answer what that loop would have written to stderr."""
    told: list[Any] = []

    async def kernel() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        await asyncio.wait_for(cell(), LIMIT_S)

    asyncio.run(kernel())
    return told


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.01)


def config_map(lab: Lab, name: str) -> None:
    """Somebody else writes, from a thread of the server's."""
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}
    writer = threading.Thread(target=lab.cluster.client.create, args=(made,))
    writer.start()
    writer.join()


@pytest.mark.parametrize("is_served_first", [True, False])
def test_panels_grow_between_the_cells_of_a_served_cluster(lab: Lab, is_served_first: bool) -> None:
    async def cell() -> None:
        if is_served_first:
            lab.serve()
        line, messages = lab.timeline(), lab.messages()
        lab.serve()
        stops, known = len(line.line.stops), len(messages.messages)
        config_map(lab, "c")
        await until(lambda: len(line.line.stops) > stops and len(messages.messages) > known)
        assert "POST configmaps/c" in messages.text

    assert in_a_notebook(cell) == []


def test_widgets_are_touched_by_the_thread_of_the_notebook_alone(lab: Lab) -> None:
    threads: set[threading.Thread] = set()

    async def cell() -> None:
        panel = lab.timeline()
        panel._lanes.observe(lambda _: threads.add(threading.current_thread()), "value")
        lab.serve()
        config_map(lab, "c")
        await until(lambda: bool(threads))

    assert in_a_notebook(cell) == [] and threads == {threading.main_thread()}


class Counted:
    """A panel that only counts how often it has to look."""

    is_following = True

    def __init__(self) -> None:
        self.looks = 0

    def refresh(self) -> None:
        self.looks += 1


def looking(lab: Lab) -> tuple[Following, Counted]:
    panel = Counted()
    return Following(lab, [panel]), panel


def test_without_news_no_panel_looks(lab: Lab) -> None:
    """Heartbeats, and what the pictures themselves read, are none."""
    following, panel = looking(lab)
    lab.serve(speed=0)
    following._refresh()
    before = panel.looks
    lab.cluster.run("1m")
    lab.reader.list("Pod")
    following._refresh()
    quiet = panel.looks
    lab.client.get("Node", "node-1")
    following._refresh()

    assert (before, quiet, panel.looks) == (1, 1, 2)


def test_while_the_engine_runs_in_another_thread_it_waits(lab: Lab) -> None:
    server, (following, panel) = lab.serve(speed=1), looking(lab)
    has_lock, may_end = threading.Event(), threading.Event()

    def busy() -> None:
        with lab.cluster.loop.lock:
            has_lock.set()
            may_end.wait(LIMIT_S)

    runner = threading.Thread(target=busy)
    runner.start()
    has_lock.wait(LIMIT_S)
    was_called = server.pacer.try_call(following._refresh)
    may_end.set()
    runner.join()

    assert not was_called and panel.looks == 0


@pytest.mark.parametrize("end", ["close", "pause"])
def test_it_ends_with_the_clock(lab: Lab, end: str) -> None:
    async def cell() -> None:
        lab.timeline()
        lab.serve()
        was_on = lab._following.is_on
        getattr(lab, end)()
        assert (was_on, lab._following.is_on) == (True, False)

    assert in_a_notebook(cell) == []


def test_it_begins_again_when_the_clock_does(lab: Lab) -> None:
    async def cell() -> None:
        lab.timeline()
        lab.serve()
        lab.pause()
        lab.resume()
        assert lab._following.is_on

    assert in_a_notebook(cell) == []


def test_a_closed_panel_is_not_followed(lab: Lab) -> None:
    async def cell() -> None:
        panels = lab.timeline(), lab.messages()
        lab.serve()
        for panel in panels:
            panel.close()
        await until(lambda: not lab._following.is_on)

    assert in_a_notebook(cell) == []


def test_a_panel_that_fails_is_told_of_by_the_next_cell_and_not_by_the_loop(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cell() -> None:
        panel = lab.timeline()
        panel.line = None  # type: ignore[assignment]
        lab.serve()
        config_map(lab, "c")
        await until(lambda: not lab._following.is_on)

    assert in_a_notebook(cell) == []
    assert capsys.readouterr().err == ""


def test_a_notebook_that_is_gone_is_not_called(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    async def cell() -> None:
        lab.timeline()
        lab.serve()

    told = in_a_notebook(cell)
    lab.close()
    lab.serve()  # the loop has been closed meanwhile

    assert (told, lab._following.is_on, capsys.readouterr().err) == ([], False, "")


def test_without_a_notebook_nothing_is_due(lab: Lab) -> None:
    lab.timeline()
    lab.serve()

    assert not lab._following.is_on


def test_looks_are_at_most_a_few_in_a_second() -> None:
    assert 1 / LOOK_S < 5


def test_at_its_end_a_served_stream_of_messages_is_not_called_at_rest(lab: Lab) -> None:
    panel = lab.messages()
    lab.serve(speed=0)
    panel.forward()

    assert panel.messages.note == "that is all so far"
