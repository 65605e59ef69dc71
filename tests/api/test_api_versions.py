"""Built-in kinds in two versions: one object is stored, and both versions show it whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

from k8slab.wire import Request, Response

AUTOSCALERS = ("autoscaling", "v1", "horizontalpodautoscalers")
EVENTS = ("events.k8s.io", "v1", "events")
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
NOTE = "autoscaling.alpha.kubernetes.io/"
MERGE = "application/merge-patch+json"


def ask(api: ApiBench, verb: str, place: tuple[str, str, str], name: str = "", **more: Any) -> Response:
    group, version, plural = place
    return api.request(verb, plural, group, version, namespace="default", name=name, **more)


def autoscaler(**spec: Any) -> Obj:
    """A HorizontalPodAutoscaler of autoscaling/v1."""
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, **spec},
    }


def cpu(percent: int) -> Obj:
    return {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}},
    }


METRICS: list[tuple[Obj, Obj]] = [
    (
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
        {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}},
    ),
    (
        {"type": "Pods", "pods": {"metric": {"name": "packets"},
                                  "target": {"type": "AverageValue", "averageValue": "1k"}}},
        {"type": "Pods", "pods": {"metricName": "packets", "targetAverageValue": "1k"}},
    ),
    (
        {"type": "Object", "object": {"describedObject": TARGET, "metric": {"name": "hits"},
                                      "target": {"type": "Value", "value": "10k"}}},
        {"type": "Object", "object": {"target": TARGET, "metricName": "hits", "targetValue": "10k"}},
    ),
    (
        {"type": "Object", "object": {"describedObject": TARGET, "metric": {"name": "hits"},
                                      "target": {"type": "AverageValue", "averageValue": "2"}}},
        {"type": "Object", "object": {"target": TARGET, "metricName": "hits", "targetValue": "0", "averageValue": "2"}},
    ),
    (
        {"type": "External", "external": {"metric": {"name": "queue", "selector": {"matchLabels": {"a": "b"}}},
                                          "target": {"type": "Value", "value": "30"}}},
        {"type": "External", "external": {"metricName": "queue", "metricSelector": {"matchLabels": {"a": "b"}},
                                          "targetValue": "30"}},
    ),
    (
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "main", "target":
                                                            {"type": "Utilization", "averageUtilization": 60}}},
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "targetAverageUtilization": 60,
                                                            "container": "main"}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "noted"), METRICS)
def test_what_v1_has_no_field_for_is_noted(api: ApiBench, metric: Obj, noted: Obj) -> None:
    """Source: pkg/apis/autoscaling/v1/conversion.go; autoscaling/v1/types.go, MetricSpec."""
    spec = {"scaleTargetRef": TARGET, "maxReplicas": 3, "metrics": [cpu(70), metric]}
    api.given(sample("HorizontalPodAutoscaler", spec=spec))

    shown = ask(api, "get", AUTOSCALERS, "web").body

    assert shown["apiVersion"] == "autoscaling/v1"
    assert shown["spec"] == {"scaleTargetRef": TARGET, "minReplicas": 1, "maxReplicas": 3,
                             "targetCPUUtilizationPercentage": 70}  # fmt: skip
    assert json.loads(shown["metadata"]["annotations"][NOTE + "metrics"]) == [noted]
    assert shown["status"] == {"currentReplicas": 0, "desiredReplicas": 0}


@pytest.mark.parametrize(("metric", "noted"), METRICS)
def test_a_change_in_v1_loses_nothing(api: ApiBench, metric: Obj, noted: Obj) -> None:
    """Source: pkg/apis/autoscaling/v1/conversion.go: the metric of the field stands behind those of the note."""
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 60}}
    spec = {"scaleTargetRef": TARGET, "maxReplicas": 3, "metrics": [cpu(70), metric], "behavior": behavior}
    before = api.given(sample("HorizontalPodAutoscaler", spec=spec))

    ask(api, "patch", AUTOSCALERS, "web", body={"spec": {"maxReplicas": 9}}, content_type=MERGE)

    after = api.client.get("HorizontalPodAutoscaler", "web", "default")
    assert after["spec"] == {**before["spec"], "maxReplicas": 9, "metrics": [metric, cpu(70)]}
    assert "annotations" not in after["metadata"] and after["apiVersion"] == "autoscaling/v2"


@pytest.mark.parametrize(
    ("spec", "metrics"),
    [
        ({"targetCPUUtilizationPercentage": 50}, [cpu(50)]),
        ({}, [cpu(80)]),
    ],
)
def test_what_is_written_in_v1_is_stored_in_v2(api: ApiBench, spec: Obj, metrics: list[Obj]) -> None:
    """Source: pkg/apis/autoscaling/v2/defaults.go; the storage version is v2."""
    created = ask(api, "create", AUTOSCALERS, body=autoscaler(**spec))

    stored = [kv.value for kv in api.store.range("/registry/horizontalpodautoscalers/").kvs]
    assert created.code == 201
    assert (
        created.body["spec"]["targetCPUUtilizationPercentage"] == metrics[0]["resource"]["target"]["averageUtilization"]
    )
    assert [(obj["apiVersion"], obj["spec"]["metrics"], obj["spec"]["minReplicas"]) for obj in stored] == [
        ("autoscaling/v2", metrics, 1)
    ]


def test_a_status_is_noted_too(api: ApiBench) -> None:
    """Source: pkg/apis/autoscaling/v1/conversion.go: the raw values of the status are kept in a note."""
    created = api.given(sample("HorizontalPodAutoscaler"))
    current = [
        {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 40, "averageValue": "4m"}}}
    ]
    conditions = [{"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"}]
    status = {"currentReplicas": 2, "desiredReplicas": 3, "currentMetrics": current, "conditions": conditions}
    api.client.update_status({**created, "status": status})

    shown = ask(api, "get", AUTOSCALERS, "web").body

    notes = {name: json.loads(text) for name, text in shown["metadata"]["annotations"].items()}
    noted = {"name": "cpu", "currentAverageUtilization": 40, "currentAverageValue": "4m"}
    assert shown["status"] == {"currentReplicas": 2, "desiredReplicas": 3, "currentCPUUtilizationPercentage": 40}
    assert notes == {
        NOTE + "current-metrics": [{"type": "Resource", "resource": noted}],
        NOTE + "conditions": conditions,
    }


def test_a_new_object_has_no_status_whatever_its_notes_say(api: ApiBench) -> None:
    """Source: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go, PrepareForCreate."""
    body = autoscaler()
    body["metadata"]["annotations"] = {NOTE + "conditions": '[{"type":"AbleToScale","status":"True"}]'}

    ask(api, "create", AUTOSCALERS, body=body)

    assert "conditions" not in api.client.get("HorizontalPodAutoscaler", "web", "default")["status"]


def test_rules_hold_in_both_versions(api: ApiBench) -> None:
    answer = ask(api, "create", AUTOSCALERS, body=autoscaler(minReplicas=5))

    assert [cause["field"] for cause in answer.body["details"]["causes"]] == ["spec.maxReplicas"]


@pytest.mark.parametrize("note", ["no json", "{}", '[{"type":"Pods","pods":[]}]', "[5]"])
def test_a_note_that_makes_no_sense_breaks_nothing(api: ApiBench, note: str) -> None:
    body = autoscaler(targetCPUUtilizationPercentage=50)
    body["metadata"]["annotations"] = {NOTE + "metrics": note, NOTE + "behavior": note}

    assert ask(api, "create", AUTOSCALERS, body=body).code in (201, 422)


def test_the_columns_are_the_same(api: ApiBench) -> None:
    api.given(sample("HorizontalPodAutoscaler"))

    tables = [
        ask(api, "list", ("autoscaling", version, AUTOSCALERS[2]), accept="Table").body for version in ("v1", "v2")
    ]

    assert tables[0]["columnDefinitions"] == tables[1]["columnDefinitions"]
    assert tables[0]["rows"][0]["cells"] == tables[1]["rows"][0]["cells"]


def event(**changes: Any) -> Obj:
    """An Event of events.k8s.io/v1."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "web.1", "namespace": "default"},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "regarding": {"kind": "Pod", "name": "web", "namespace": "default"},
        "reason": "Pulled",
        "action": "Pulling",
        "note": "it is there",
        "type": "Normal",
        "reportingController": "shop.example/puller",
        "reportingInstance": "puller-1",
        **changes,
    }


NAMES = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}


def test_an_event_written_there_is_read_here(api: ApiBench) -> None:
    """Source: pkg/apis/events/v1/conversion.go."""
    created = ask(api, "create", EVENTS, body=event())

    core = api.client.get("Event", "web.1", "default")
    wanted = {NAMES.get(name, name): value for name, value in event().items() if name not in ("apiVersion", "metadata")}
    assert created.code == 201 and created.body["note"] == "it is there"
    assert core["apiVersion"] == "v1" and {name: core[name] for name in wanted} == wanted
    assert core["metadata"]["uid"] == created.body["metadata"]["uid"]


def test_an_event_written_here_is_read_there(api: ApiBench) -> None:
    """Source: pkg/apis/events/v1/conversion.go."""
    old = {
        "source": {"component": "kubelet"},
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "count": 3,
        "message": "pulled",
    }
    api.given(sample("Event", **old, lastTimestamp="2026-01-01T00:00:05Z"))

    (shown,) = ask(api, "list", EVENTS).body["items"]

    assert shown["apiVersion"] == "events.k8s.io/v1" and shown["eventTime"] is None
    assert (shown["regarding"]["name"], shown["note"]) == ("web", "pulled")
    assert (shown["deprecatedSource"], shown["deprecatedCount"]) == ({"component": "kubelet"}, 3)
    assert shown["deprecatedLastTimestamp"] == "2026-01-01T00:00:05Z"
    assert not set(NAMES.values()) & set(shown)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"eventTime": None}, "eventTime: Required value"),
        ({"reportingController": ""}, "reportingController: Required value"),
        ({"reportingInstance": ""}, "reportingInstance: Required value"),
        ({"reportingInstance": "x" * 129}, 'reportingInstance: Invalid value: "": can have at most 128 characters'),
        ({"action": ""}, "action: Required value"),
        ({"reason": ""}, "reason: Required value"),
        ({"note": "x" * 1025}, 'message: Invalid value: "": can have at most 1024 characters'),
        ({"type": "Odd"}, 'type: Invalid value: "": has invalid value: Odd'),
        ({"deprecatedCount": 1}, 'count: Invalid value: "": needs to be unset'),
        ({"deprecatedSource": {"component": "a"}}, 'source: Invalid value: "": needs to be unset'),
        ({"series": {"count": 1, "lastObservedTime": "2026-01-01T00:00:00.000000Z"}},
         'series.count: Invalid value: "": should be at least 2'),
    ],
)  # fmt: skip
def test_events_of_the_new_group_are_complete(api: ApiBench, changes: Obj, expected: str) -> None:
    """Source: pkg/apis/core/validation/events.go, ValidateEventCreate."""
    answer = ask(api, "create", EVENTS, body=event(**changes))

    causes = answer.body["details"]["causes"]
    assert expected in [f"{cause['field']}: {cause['message']}" for cause in causes]
    assert answer.body["message"].startswith('Event.events.k8s.io "web.1" is invalid: ')


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"series": {"count": 2, "lastObservedTime": "2026-01-01T00:01:00.000000Z"}}, []),
        ({"note": "other"}, ["message"]),
        ({"regarding": {"name": "other"}}, ["involvedObject"]),
    ],
)
def test_of_an_event_only_the_series_changes(api: ApiBench, change: Obj, fields: list[str]) -> None:
    """Source: pkg/apis/core/validation/events.go, ValidateEventUpdate."""
    ask(api, "create", EVENTS, body=event())

    answer = ask(api, "patch", EVENTS, "web.1", body=change, content_type=MERGE)

    assert [cause["field"] for cause in answer.body.get("details", {}).get("causes", ())] == fields


@pytest.mark.parametrize(
    ("selector", "code", "count"),
    [
        ("regarding.name=web", 200, 1),
        ("regarding.kind=Node", 200, 0),
        ("reportingController=shop.example/puller,type=Normal", 200, 1),
        ("involvedObject.name=web", 400, 0),
    ],
)
def test_events_of_the_new_group_are_selected_by_its_fields(
    api: ApiBench, selector: str, code: int, count: int
) -> None:
    """Source: pkg/apis/events/v1/conversion.go, AddFieldLabelConversionsForEvent."""
    ask(api, "create", EVENTS, body=event())

    answer = ask(api, "list", EVENTS, params={"fieldSelector": selector})

    assert (answer.code, len(answer.body.get("items", ()))) == (code, count)


@pytest.mark.parametrize("place", [AUTOSCALERS, EVENTS])
def test_a_watch_is_told_in_its_own_version(api: ApiBench, place: tuple[str, str, str]) -> None:
    stream = ask(api, "watch", place).stream
    assert stream is not None

    made = autoscaler() if place is AUTOSCALERS else event()
    ask(api, "create", place, body=made)
    ask(api, "delete", place, made["metadata"]["name"])

    told = stream.pull()
    assert [each.type for each in told] == ["ADDED", "DELETED"]
    assert {each.object["apiVersion"] for each in told} == {f"{place[0]}/{place[1]}"}


def test_a_client_prefers_one_version_and_finds_the_other(api: ApiBench) -> None:
    """Source: client-go/discovery, ServerPreferredResources."""
    api.given(sample("HorizontalPodAutoscaler"))

    listed = [(r.group, r.version) for r in api.client.resources() if r.kind == "HorizontalPodAutoscaler"]

    assert listed == [("autoscaling", "v2")]
    assert api.client.get("horizontalpodautoscalers.v1.autoscaling", "web", "default")["apiVersion"] == "autoscaling/v1"
    assert {"autoscaling/v1", "autoscaling/v2", "events.k8s.io/v1"} <= set(api.client.mapper.api_versions())


def test_discovery_lists_the_preferred_version_first(api: ApiBench) -> None:
    groups = api.api.handle(Request("get", path="/apis", accept="APIGroupDiscoveryList")).body["items"]

    versions = {group["metadata"]["name"]: [each["version"] for each in group["versions"]] for group in groups}
    assert versions["autoscaling"] == ["v2", "v1"] and versions["events.k8s.io"] == ["v1"]
