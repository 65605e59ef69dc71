"""Which fields a write has changed, at the grain a person reads."""

from __future__ import annotations

from typing import Any

import pytest
from objects_of_a_cluster import node, pod

from k8slab.objects import Key
from k8slab.view.fields import COVER, LONGEST, NOTHING, field_changes, is_bookkeeping, is_heartbeat
from k8slab.view.recorder import Change

Obj = dict[str, Any]
OLD, NEW = "2026-01-01T00:00:00Z", "2026-01-01T00:00:10Z"


def told(before: Obj, after: Obj, kind: str = "Pod") -> list[tuple[str, str, str]]:
    return [(field.path, field.before, field.after) for field in field_changes(kind, before, after)]


def condition(status: str, reason: str = "", moment: str = OLD, type_: str = "Ready") -> Obj:
    return {"type": type_, "status": status, "lastTransitionTime": moment, **({"reason": reason} if reason else {})}


def of_container(**parts: Any) -> Obj:
    return {"status": {"containerStatuses": [{"name": "app", **parts}]}}


def tainted(*taints: Obj) -> Obj:
    return {"spec": {"taints": list(taints)}}


def endpoint(address: str, *, is_ready: bool) -> Obj:
    return {"addresses": [address], "conditions": {"ready": is_ready, "serving": is_ready, "terminating": False}}


SILENT: Obj = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": OLD}


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (
            {"status": {"conditions": [condition("True")]}},
            {"status": {"conditions": [condition("Unknown", "NodeStatusUnknown", NEW)]}},
            [("status.conditions[Ready]", "True", "Unknown (NodeStatusUnknown)")],
        ),
        (
            of_container(state={"waiting": {"reason": "ContainerCreating"}}),
            of_container(state={"running": {"startedAt": NEW}}),
            [("status.containerStatuses[app].state", "waiting: ContainerCreating", "running")],
        ),
        (
            of_container(state={"running": {"startedAt": OLD}}),
            of_container(state={"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": NEW}}),
            [("status.containerStatuses[app].state", "running", "terminated: Error (exit 3)")],
        ),
        (
            tainted(),
            tainted(SILENT),
            [("spec.taints", NOTHING, "node.kubernetes.io/unreachable:NoExecute")],
        ),
        (
            tainted({"key": "gpu", "value": "yes", "effect": "NoSchedule"}),
            {"spec": {}},
            [("spec.taints", "gpu=yes:NoSchedule", NOTHING)],
        ),
        (
            {"endpoints": [endpoint("10.0.0.1", is_ready=True)]},
            {"endpoints": [endpoint("10.0.0.1", is_ready=False)]},
            [("endpoints", "10.0.0.1 (ready)", "10.0.0.1 (not ready)")],
        ),
        (
            {"endpoints": []},
            {"endpoints": [endpoint("10.0.0.1", is_ready=True), endpoint("10.0.0.2", is_ready=False)]},
            [("endpoints", NOTHING, "10.0.0.1 (ready)"), ("endpoints", NOTHING, "10.0.0.2 (not ready)")],
        ),
        (
            {"metadata": {}},
            {"metadata": {"labels": {"app": "web", "generation": "x"}}},
            [("metadata.labels.app", NOTHING, "web"), ("metadata.labels.generation", NOTHING, "x")],
        ),
        ({"data": {"images": "a"}}, {"data": {"images": "b"}}, [("data.images", "a", "b")]),
        ({"spec": {"replicas": 3}}, {"spec": {"replicas": 5}}, [("spec.replicas", "3", "5")]),
    ],
)
def test_a_change_is_told_at_the_grain_of_a_reader(before: Obj, after: Obj, fields: list[Any]) -> None:
    assert told(before, after) == fields


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"metadata": {"resourceVersion": "1"}}, {"metadata": {"resourceVersion": "2", "generation": 3}}),
        ({"metadata": {"managedFields": []}}, {"metadata": {"managedFields": [{"manager": "kubectl"}]}}),
        ({"status": {"observedGeneration": 1}}, {"status": {"observedGeneration": 2}}),
        ({"status": {"conditions": [condition("True")]}}, {"status": {"conditions": [condition("True", "", NEW)]}}),
        ({"status": {"images": []}}, {"status": {"images": [{"names": ["nginx"]}]}}),
        (
            {"metadata": {"annotations": {}}},
            {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}},
        ),
        ({}, {"status": {"replicas": 0, "phase": ""}}),
        (of_container(), of_container(image="nginx:1.27", started=True, imageID="sha256:1")),
        ({"spec": {"replicas": 3}}, {"spec": {"replicas": 3}}),
    ],
)
def test_bookkeeping_is_not_told(before: Obj, after: Obj) -> None:
    assert told(before, after) == []


def test_what_matters_more_comes_first() -> None:
    before: Obj = {"metadata": {"labels": {}}, "spec": {}, "status": {"phase": "Pending", "hostIP": "", "podIP": ""}}
    after = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running", "hostIP": "192.168.0.1", "podIP": "10.0.0.1", "conditions": [condition("True")]},
    }

    assert [path for path, _, _ in told(before, after)] == [
        "spec.nodeName",
        "status.phase",
        "status.conditions[Ready]",
        "metadata.labels.a",
        "status.podIP",
        "status.hostIP",
    ]


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ({}, {"data": {"key": "b25l"}}, [("data.key", NOTHING, COVER)]),
        ({"data": {"key": "b25l"}}, {"data": {"key": "dHdv"}}, [("data.key", COVER, COVER)]),
        ({"data": {"key": "b25l"}}, {}, [("data.key", COVER, NOTHING)]),
        ({}, {"stringData": {"key": "one"}}, [("stringData.key", NOTHING, COVER)]),
        ({"type": "Opaque"}, {"type": "Opaque", "immutable": True}, [("immutable", NOTHING, "true")]),
    ],
)
def test_values_of_secrets_are_covered(before: Obj, after: Obj, fields: list[Any]) -> None:
    assert told(before, after, "Secret") == fields


def test_long_texts_are_cut() -> None:
    ((_, _, after),) = told({}, {"spec": {"note": "very " * 100}})

    assert (len(after), after[-1]) == (LONGEST, "…")


def test_of_two_long_texts_the_part_that_differs_is_shown() -> None:
    ((_, before, after),) = told({"spec": {"x": "a" * 200 + "old"}}, {"spec": {"x": "a" * 200 + "new"}})

    assert (before, after) == ("…" + "a" * 20 + "old", "…" + "a" * 20 + "new")


def test_a_text_stays_on_one_line() -> None:
    assert told({}, {"spec": {"script": "one\n  two\n"}}) == [("spec.script", NOTHING, "one two")]


def changed(before: Obj, after: Obj, kind: str) -> Change:
    return Change(kind, Key("", "x"), before, after, 1, 0.0, "MODIFIED")


def heard(moment: str) -> Obj:
    return {
        **node("node-1"),
        "status": {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": moment}]},
    }


@pytest.mark.parametrize(
    ("change", "beats", "books"),
    [
        (changed({"spec": {"renewTime": OLD}}, {"spec": {"renewTime": NEW}}, "Lease"), True, False),
        (changed(heard(OLD), heard(NEW), "Node"), True, True),
        (changed(heard(OLD), node("node-1", is_ready=False), "Node"), False, False),
        (changed(heard(OLD), {**heard(OLD), "spec": {"unschedulable": True}}, "Node"), False, False),
        (changed(pod("a"), {**pod("a"), "metadata": {"resourceVersion": "2"}}, "Pod"), False, False),
        (Change("Lease", Key("", "x"), None, {}, 1, 0.0, "ADDED"), False, False),
        (Change("Lease", Key("", "x"), {}, None, 1, 0.0, "DELETED"), False, False),
    ],
)
def test_a_heartbeat_is_a_write_that_says_nothing_new(change: Change, beats: bool, books: bool) -> None:
    assert (is_heartbeat(change), is_bookkeeping(change)) == (beats, books)
