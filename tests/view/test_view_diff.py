"""The state diff: the order of its stories, their marks, and what is folded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_reader import START, FakeReader
from objects_of_a_cluster import (
    DEPLOYMENT_CONTROLLER,
    REPLICASET_CONTROLLER,
    SCHEDULER,
    deploy,
    endpoints,
    node,
    pod,
    service,
    workload,
)

from k8slab.view import diff as diff_module
from k8slab.view.diff import StateDiff, state_diff
from k8slab.view.recorder import Recorder
from k8slab.view.words import Words

Obj = dict[str, Any]
EN = Words("en")
BEAT = "2026-01-01T00:00:00Z"


class Seen:
    """A reader, its recorder, and the diff since the last one."""

    def __init__(self, reader: FakeReader) -> None:
        self.reader = reader
        self._recorder = Recorder(reader)
        self._since = reader.now

    def diff(self, words: Words = EN) -> StateDiff:
        since, self._since = self._since, self.reader.now
        return state_diff(self._recorder.pull(), self._recorder.snapshot(), since, self._since, words)


@pytest.fixture
def seen(reader: FakeReader) -> Iterator[Seen]:
    deploy(reader, "web", ["node-1", "node-2"])
    return Seen(reader)


def named(diff: StateDiff) -> list[str]:
    """Mark and object of every story."""
    return [f"{story.mark} {story.kind}/{story.key.name}" for story in diff.stories]


def lease(name: str, renewed: str, seconds: int = 40) -> Obj:
    spec = {"renewTime": renewed, "leaseDurationSeconds": seconds}
    return {"kind": "Lease", "metadata": {"name": name, "namespace": "kube-node-lease"}, "spec": spec}


def event(number: int, **more: Any) -> Obj:
    metadata = {"name": f"web.{number}", "namespace": "default"}
    about = {"kind": "Pod", "name": "web-1"}
    return {
        "kind": "Event",
        "metadata": metadata,
        "reason": "Started",
        "type": "Normal",
        "involvedObject": about,
        **more,
    }


def test_nothing_written_is_nothing_to_tell(seen: Seen) -> None:
    assert seen.diff() == StateDiff("", (), 0, {}, (), {})


def test_stories_stand_in_the_order_of_their_first_write(seen: Seen) -> None:
    reader = seen.reader
    for name in ("c", "a", "b"):
        reader.now += 1
        reader.put(pod(name, phase="Pending"), REPLICASET_CONTROLLER)
    reader.now += 1
    reader.change("Pod", "default/c", SCHEDULER, spec={"nodeName": "node-1"})

    diff = seen.diff()

    assert named(diff) == ["new Pod/c", "new Pod/a", "new Pod/b"]
    assert [(write.after_s, write.writer) for write in diff.stories[0].writes] == [
        (1.0, "replicaset-controller"),
        (4.0, "scheduler"),
    ]


def test_a_mark_says_what_became_of_an_object(seen: Seen) -> None:
    reader = seen.reader
    reader.put(service("new"))
    reader.change("Deployment", "default/web", spec={"replicas": 5})
    reader.delete("Service", "default/web")
    reader.put(pod("short-lived"))
    reader.delete("Pod", "default/short-lived")

    assert named(seen.diff()) == [
        "new Service/new",
        "changed Deployment/web",
        "gone Service/web",
        "gone Pod/short-lived",
    ]


def test_a_new_object_says_whose_it_is(seen: Seen) -> None:
    seen.reader.put(pod("web-9", owner="web-7c"), REPLICASET_CONTROLLER)

    (story,) = seen.diff().stories

    assert story.writes[0].note == "created · owner ReplicaSet web-7c"


def test_of_a_new_object_only_what_matters_is_told(seen: Seen) -> None:
    seen.reader.put(pod("web-9", "node-1"))

    ((write,),) = [story.writes for story in seen.diff().stories]

    assert [field.path for field in write.fields] == ["spec.nodeName", "status.phase", "status.conditions[Ready]"]
    assert write.hidden == 0


def test_only_the_first_fields_are_shown(seen: Seen) -> None:
    spec = {
        "replicas": 5,
        "paused": True,
        "minReadySeconds": 3,
        "revisionHistoryLimit": 1,
        "progressDeadlineSeconds": 9,
    }
    seen.reader.change("Deployment", "default/web", spec=spec)

    ((write,),) = [story.writes for story in seen.diff().stories]

    assert (write.fields[0].path, len(write.fields), write.hidden) == ("spec.replicas", 3, 2)


def test_heartbeats_are_counted_and_folded(seen: Seen) -> None:
    reader = seen.reader
    reader.put(lease("node-1", BEAT))
    seen.diff()
    for number in range(3):
        reader.put(lease("node-1", f"2026-01-01T00:00:{number}0Z"), "system:node:node-1")
    reader.put(node("node-1", "zone-a"), "system:node:node-1")

    diff = seen.diff()

    assert (diff.stories, diff.folded, diff.writers) == ((), {"heartbeats": 4}, {})


def test_bookkeeping_is_counted_and_folded(seen: Seen) -> None:
    seen.reader.change("Deployment", "default/web", DEPLOYMENT_CONTROLLER, status={"observedGeneration": 7})

    diff = seen.diff()

    assert (diff.stories, diff.folded) == ((), {"quiet": 1})


def test_events_are_kept_apart(seen: Seen) -> None:
    reader = seen.reader
    reader.now += 2
    reader.put(event(1, message="Started\n  container app"))
    reader.put(event(2, type="Warning", reason="BackOff", note="again", message=""))
    reader.delete("Event", "default/web.2")

    diff = seen.diff()

    assert diff.events == (
        (2.0, "Normal Started Pod/web-1: Started container app"),
        (2.0, "Warning BackOff Pod/web-1: again"),
    )
    assert diff.stories == ()


def test_writes_are_counted_by_writer(seen: Seen) -> None:
    reader = seen.reader
    reader.change("Deployment", "default/web", spec={"replicas": 5})
    for number in range(2):
        reader.put(pod(f"w{number}"), REPLICASET_CONTROLLER)

    assert seen.diff().writers == {"you": 1, "replicaset-controller": 2}


@pytest.mark.parametrize(("waited_s", "stories"), [(39, []), (40, ["silent Lease/node-1"])])
def test_a_node_that_has_fallen_silent_gets_a_line_nobody_wrote(seen: Seen, waited_s: int, stories: list[str]) -> None:
    """Source: kubernetes.io, "Leases", node heartbeats; the kubelet's leaseDurationSeconds is 40."""
    reader = seen.reader
    reader.put(lease("node-1", BEAT))
    seen.diff()
    reader.now = START + waited_s

    diff = seen.diff()

    assert named(diff) == stories
    assert all(write.writer == "" and "40 s" in write.note for story in diff.stories for write in story.writes)


def test_silence_is_told_once(seen: Seen) -> None:
    seen.reader.put(lease("node-1", BEAT))
    seen.reader.now += 41
    seen.diff()
    seen.reader.now += 41

    assert seen.diff().stories == ()


def test_the_silence_stands_where_it_began(seen: Seen) -> None:
    reader = seen.reader
    reader.put(lease("node-1", BEAT))
    seen.diff()
    for moment in (10, 50):
        reader.now = START + moment
        reader.put(pod(f"at-{moment}"))

    assert named(seen.diff()) == ["new Pod/at-10", "silent Lease/node-1", "new Pod/at-50"]


def test_a_story_tells_what_has_changed_on_balance(seen: Seen) -> None:
    reader = seen.reader
    reader.put(pod("web-9", phase="Pending"), REPLICASET_CONTROLLER)
    reader.change("Pod", "default/web-9", SCHEDULER, spec={"nodeName": "node-1"})
    reader.change("Pod", "default/web-9", status={"phase": "Running"})
    reader.change("Deployment", "default/web", spec={"replicas": 5})
    reader.change("Deployment", "default/web", spec={"replicas": 2})

    born, back = seen.diff().stories

    assert [tuple(f[:3]) for f in born.net][:2] == [("spec.nodeName", "—", "node-1"), ("status.phase", "—", "Running")]
    assert (born.acts, back.net, len(back.writes)) == (("created", "bound"), (), 2)


def test_endpoints_are_told_apart_on_balance(seen: Seen) -> None:
    for ready in (False, True):
        seen.reader.put(endpoints("web", {"web-7c5b8d9f4-b0x2q": ready, "web-7c5b8d9f4-c1x4q": ready, "web-9": ready}))

    (story,) = seen.diff().stories

    assert [tuple(f[:3]) for f in story.net] == [("endpoints", "—", "10.244.1.7 (ready)")]


def test_more_than_eighty_objects_are_counted(seen: Seen) -> None:
    for number in range(100):
        seen.reader.put(pod(f"w{number}"))

    diff = seen.diff()

    assert (len(diff.stories), diff.untold, diff.sentence) == (diff_module.MOST, 20, "You created 100 Pods.")


def test_what_is_quiet_takes_no_one_s_place(seen: Seen) -> None:
    for number in range(100):
        seen.reader.put(workload("Deployment", f"d{number}", 1))
    seen.diff()
    for number in range(100):
        seen.reader.change("Deployment", f"default/d{number}", status={"observedGeneration": 2})
    seen.reader.put(pod("web-9"))

    diff = seen.diff()

    assert (named(diff), diff.untold, diff.folded) == (["new Pod/web-9"], 0, {"quiet": 100})


def test_the_system_makes_the_sentence_only_when_nobody_else_did_anything(seen: Seen) -> None:
    reader = seen.reader
    reader.put(pod("coredns-1", namespace="kube-system"), REPLICASET_CONTROLLER)
    alone = seen.diff().sentence
    reader.put(pod("coredns-2", namespace="kube-system"), REPLICASET_CONTROLLER)
    reader.put(service("shop"))

    assert (alone, seen.diff().sentence) == (
        "The replicaset-controller created Pod coredns-1.",
        "You created Service shop.",
    )


def test_an_endpoint_is_one_field(seen: Seen) -> None:
    seen.reader.put(endpoints("web", {"web-7c5b8d9f4-b0x2q": False, "web-7c5b8d9f4-c1x4q": True}))

    ((write,),) = [story.writes for story in seen.diff().stories]

    assert [tuple(field[:3]) for field in write.fields] == [
        ("endpoints", "10.244.1.5 (ready)", "10.244.1.5 (not ready)")
    ]
