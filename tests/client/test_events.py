"""What agents say about objects: repetitions are counted."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node
from test_client import config

from k8slab.client import Recorder

Obj = dict[str, Any]


class Said:
    """A recorder, and the Events as (reason, message, count)."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.obj = bench, bench.given(config())
        self.recorder = Recorder(bench.client, bench.loop, "tester", "node-1")

    def say(self, reason: str, message: str = "hello", obj: Obj | None = None, type: str = "Normal") -> None:
        self.recorder.event(obj or self.obj, type, reason, message)

    def counts(self) -> list[tuple[str, str, int]]:
        return [(event["reason"], event["message"], event["count"]) for event in self.bench.client.list("Event")]


@pytest.fixture
def said(bench: Bench) -> Said:
    return Said(bench)


def test_an_event_tells_who_said_what_about_whom_and_when(said: Said) -> None:
    """Source: client-go record/event.go, makeEvent; the name is the object's and nanoseconds in hex."""
    said.say("Tried")

    (event,) = said.bench.client.list("Event")
    metadata, about = said.obj["metadata"], event["involvedObject"]
    assert event["metadata"]["name"] == f"colors.{int(said.bench.loop.now * 1e9):x}"
    assert (about["kind"], about["apiVersion"], about["uid"]) == ("ConfigMap", "v1", metadata["uid"])
    assert (about["namespace"], about["name"]) == (event["metadata"]["namespace"], "colors") == ("default", "colors")
    assert event["source"] == {"component": "tester", "host": "node-1"}
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-01-01T00:00:00Z"


def test_what_is_said_again_is_counted(said: Said) -> None:
    """Source: client-go record/events_cache.go, eventObserve."""
    for _ in range(3):
        said.say("Tried")
        said.bench.loop.run_until(said.bench.loop.now + 10)

    (event,) = said.bench.client.list("Event")
    moments = event["firstTimestamp"], event["lastTimestamp"]
    assert (event["count"], moments) == (3, ("2026-01-01T00:00:00Z", "2026-01-01T00:00:20Z"))


@pytest.mark.parametrize(
    "other",
    [{"reason": "Failed"}, {"message": "bye"}, {"type": "Warning"}, {"obj": config("b")}],
)
def test_what_differs_is_another_event(said: Said, other: Obj) -> None:
    """Source: client-go record/events_cache.go, getEventKey."""
    said.say("Tried")
    said.say(**{"reason": "Tried", **other})
    said.say("Tried")

    assert sorted(count for _, _, count in said.counts()) == [1, 2]


def test_an_object_made_anew_starts_from_one(said: Said) -> None:
    """Source: client-go record/events_cache.go, getEventKey: the uid is part of it."""
    said.say("Tried")
    said.bench.client.delete("cm", "colors", "default")

    said.say("Tried", obj=said.bench.given(config()))

    assert said.counts() == [("Tried", "hello", 1)] * 2


def test_a_count_outlives_the_event_that_carried_it(said: Said) -> None:
    """Source: client-go record/event.go, recordEvent: an update that finds nothing becomes a create."""
    said.say("Tried")
    said.bench.loop.run_until(said.bench.loop.now + 2 * 3600)
    assert said.counts() == []

    said.say("Tried")

    assert said.counts() == [("Tried", "hello", 2)]


def test_events_about_a_node_are_kept_in_default(said: Said) -> None:
    """Source: client-go record/event.go, makeEvent: namespace default for what has none."""
    said.say("Tried", obj=said.bench.given(node("n1")))

    (event,) = said.bench.client.list("Event", "default")
    assert "namespace" not in event["involvedObject"]


def test_what_cannot_be_recorded_is_lost_without_harm(said: Said) -> None:
    said.say("Tried", obj={**config(), "metadata": {"name": "colors", "namespace": "nowhere"}})

    assert said.counts() == []


def test_two_agents_that_speak_at_one_moment_of_things_of_one_name_are_both_heard(said: Said) -> None:
    """The names of Events hold the moment; upstream's clocks never stand still."""
    other = Recorder(said.bench.client, said.bench.loop, "another")

    said.say("Tried")
    other.event({**said.obj, "kind": "Secret"}, "Normal", "Seen", "hello")

    assert said.counts() == [("Tried", "hello", 1), ("Seen", "hello", 1)]
