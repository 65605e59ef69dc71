"""Watchers who want everything share one log: what they are told is what each would have been told alone."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, sample

from k8slab.wire import Stream

Obj = dict[str, Any]


def watch(api: ApiBench, **params: str) -> Stream:
    """Follow ConfigMaps."""
    return api.client.watch("ConfigMap", **params)


def told(stream: Stream) -> list[str]:
    """What a stream has to say."""
    return [f"{event.type} {event.object['metadata'].get('name', '')}".strip() for event in stream.pull()]


def write(api: ApiBench, *names: str) -> None:
    """Create ConfigMaps."""
    api.given(*(sample("ConfigMap", name) for name in names))


@pytest.mark.parametrize("labels", ["", "app!=none"])
def test_each_reads_from_its_own_place(api: ApiBench, labels: str) -> None:
    """Who selects has a buffer of its own, who does not reads the log."""
    early, late = watch(api, labels=labels), watch(api, labels=labels)

    write(api, "one")
    first = told(early)
    write(api, "two")

    assert (first, told(early), told(late)) == (["ADDED one"], ["ADDED two"], ["ADDED one", "ADDED two"])
    assert told(early) == told(late) == []


@pytest.mark.parametrize("labels", ["", "app!=none"])
def test_a_bookmark_comes_after_what_happened_before_it(api: ApiBench, labels: str) -> None:
    stream = watch(api, labels=labels, bookmarks=True)
    write(api, "one")
    api.loop.run_until(api.loop.now + 61)
    write(api, "two")

    assert told(stream) == ["ADDED one", "BOOKMARK", "ADDED two"]


@pytest.mark.parametrize("labels", ["", "app!=none"])
@pytest.mark.parametrize("closes", [False, True])
def test_what_waits_outlives_the_compaction_and_the_watch(api: ApiBench, labels: str, closes: bool) -> None:
    stream = watch(api, labels=labels)
    write(api, "one", "two")

    api.api.compact(api.store.revision)
    if closes:
        stream.close()
    write(api, "three")

    assert told(stream) == ["ADDED one", "ADDED two", *([] if closes else ["ADDED three"])]


def test_watchers_are_woken_in_the_order_in_which_they_came(api: ApiBench) -> None:
    woken: list[int] = []
    streams = [watch(api, labels="app!=none" if number % 2 else "") for number in range(6)]
    for number, stream in enumerate(streams):
        stream.on_arrival(lambda number=number: woken.append(number))
    write(api, "one")
    for stream in reversed(streams):
        stream.pull()

    write(api, "two")

    assert woken == [0, 1, 2, 3, 4, 5] * 2


def test_who_has_something_to_read_is_not_woken_again(api: ApiBench) -> None:
    woken: list[Stream] = []
    stream = watch(api)
    stream.on_arrival(lambda: woken.append(stream))

    write(api, "one", "two", "three")

    assert len(woken) == 1
