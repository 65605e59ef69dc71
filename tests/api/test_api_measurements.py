"""custom.metrics.k8s.io and external.metrics.k8s.io: what somebody measures, read as an adapter would answer.

Source: github.com/kubernetes-sigs/custom-metrics-apiserver, pkg/apiserver/registry/rest, pkg/provider/errors.go;
k8s.io/metrics/pkg/apis/custom_metrics/v1beta2/types.go, .../external_metrics/v1beta1/types.go.
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

from k8slab.api.measurements import Place
from k8slab.wire import Request, Response

CUSTOM, EXTERNAL = ("custom.metrics.k8s.io", "v1beta2"), ("external.metrics.k8s.io", "v1beta1")
MOMENT = "2026-01-01T00:00:00Z"
PODS = Place("pods", "default", "*")


def custom(
    api: ApiBench, resource: str, name: str, metric: str = "", namespace: str = "default", **params: str
) -> Response:
    return api.api.handle(Request("get", resource, *CUSTOM, namespace, name, metric, params))


def external(api: ApiBench, metric: str, namespace: str = "default", **params: str) -> Response:
    return api.api.handle(Request("list", metric, *EXTERNAL, namespace, params=params))


def values(answer: Response) -> dict[str, str]:
    assert answer.code == 200, answer.body["message"]
    return {item["describedObject"]["name"]: item["value"] for item in answer.body["items"]}


@pytest.fixture
def shop(api: ApiBench) -> ApiBench:
    """Two Pods of web, one of mail, and a Service."""
    for name, app in (("web-1", "web"), ("web-2", "web"), ("mail-1", "mail")):
        api.given(sample("Pod", name, labels={"app": app}))
    api.given(sample("Service", "web"))
    return api


def measure(api: ApiBench, metric: str, value: Any, place: Place, **labels: str) -> None:
    api.api.measurements.set(metric, value, place, labels)


def test_a_metric_of_pods(shop: ApiBench) -> None:
    measure(shop, "rps", 12.5, Place("pods", "default", "web-1"))

    answer = custom(shop, "pods", "*", "rps")

    assert answer.body == {
        "kind": "MetricValueList",
        "apiVersion": "custom.metrics.k8s.io/v1beta2",
        "metadata": {},
        "items": [
            {
                "describedObject": {"kind": "Pod", "namespace": "default", "name": "web-1", "apiVersion": "/v1"},
                "metric": {"name": "rps", "selector": None},
                "timestamp": MOMENT,
                "value": "12500m",
            }
        ],
    }


def test_an_external_metric(api: ApiBench) -> None:
    measure(api, "queue", 30, Place(""), queue="orders")

    assert external(api, "queue").body == {
        "kind": "ExternalMetricValueList",
        "apiVersion": "external.metrics.k8s.io/v1beta1",
        "metadata": {},
        "items": [{"metricName": "queue", "metricLabels": {"queue": "orders"}, "timestamp": MOMENT, "value": "30"}],
    }


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("*", {}, {"mail-1": "3", "web-1": "5", "web-2": "3"}),
        ("*", {"labelSelector": "app=web"}, {"web-1": "5", "web-2": "3"}),
        ("*", {"labelSelector": "app=ghost"}, {}),
        ("*", {"metricLabelSelector": "verb=GET"}, {"web-1": "2"}),
        ("web-1", {}, {"web-1": "5"}),
        ("web-2", {}, {"web-2": "3"}),
    ],
)
def test_pods_and_series_are_selected(shop: ApiBench, name: str, params: Obj, expected: Obj) -> None:
    """What was measured of one Pod under several labels, and of all Pods, is added up."""
    measure(shop, "rps", 3, PODS)
    measure(shop, "rps", 2, Place("pods", "default", "web-1"), verb="GET")

    assert values(custom(shop, "pods", name, "rps", **params)) == expected


def test_a_function_is_asked_of_every_pod(shop: ApiBench) -> None:
    known = {"web-1": 7, "web-2": "1500m"}
    measure(shop, "rps", lambda pod: known.get(pod["metadata"]["name"]), PODS)

    assert values(custom(shop, "pods", "*", "rps")) == {"web-1": "7", "web-2": "1500m"}


@pytest.mark.parametrize(
    ("place", "asked"),
    [
        (Place("Service", "default", "web"), ("services", "web", "hits")),
        (Place("services", "default", "web"), ("services", "web", "hits")),
        (Place("Namespace", "", "default"), ("metrics", "hits")),
    ],
)
def test_a_metric_of_an_object(shop: ApiBench, place: Place, asked: tuple[str, ...]) -> None:
    """Source: a Namespace's own metrics lie at namespaces/NAME/metrics/METRIC."""
    measure(shop, "hits", 200, place)

    assert list(values(custom(shop, *asked)).values()) == ["200"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("pods", "*", "ghost"), "the server could not find the metric ghost for pods"),
        (("pods", "web-2", "ghost"), "the server could not find the metric ghost for pods web-2"),
        (("pods", "web-2", "rps"), "the server could not find the metric rps for pods web-2"),
        (("services", "web", "rps"), "the server could not find the metric rps for services web"),
        (("pods", "gone", "rps"), 'pods "gone" not found'),
    ],
)
def test_what_nobody_has_measured_is_not_found(shop: ApiBench, asked: tuple[str, ...], message: str) -> None:
    measure(shop, "rps", 1, Place("pods", "default", "web-1"))

    answer = custom(shop, *asked)

    assert (answer.code, answer.body["message"]) == (404, message)


@pytest.mark.parametrize(
    ("namespace", "params", "expected"),
    [
        ("default", {}, ["1", "2", "40"]),
        ("default", {"labelSelector": "queue=orders"}, ["40"]),
        ("default", {"labelSelector": "queue in (orders,mail)"}, ["2", "40"]),
        ("kube-system", {}, ["2", "40"]),
    ],
)
def test_external_values_are_selected(api: ApiBench, namespace: str, params: Obj, expected: list[str]) -> None:
    measure(api, "queue", 40, Place(""), queue="orders")
    measure(api, "queue", lambda: 2, Place(""), queue="mail")
    measure(api, "queue", 1, Place("", "default"))

    items = external(api, "queue", namespace, **params).body["items"]

    assert sorted((item["value"] for item in items), key=int) == expected


def test_a_value_is_replaced_and_forgotten(api: ApiBench) -> None:
    for value in (1, 2):
        measure(api, "queue", value, Place(""), queue="orders")
    found = [item["value"] for item in external(api, "queue").body["items"]]
    measure(api, "queue", None, Place(""), queue="orders")

    assert (found, external(api, "queue").code) == (["2"], 404)


@pytest.mark.parametrize("group", [CUSTOM, EXTERNAL])
def test_a_group_is_served_from_its_first_metric_on(shop: ApiBench, group: tuple[str, str]) -> None:
    """Source: without an adapter there is no such group."""
    path = f"/apis/{'/'.join(group)}"
    before = shop.api.handle(Request("get", path=path)).code
    measure(shop, "hits", 1, Place("pods", "default", "*") if group is CUSTOM else Place(""))

    after = shop.api.handle(Request("get", path=path))

    kind, name = ("MetricValueList", "pods/hits") if group is CUSTOM else ("ExternalMetricValueList", "hits")
    entry = {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get"]}
    assert (before, after.code, after.body["resources"]) == (404, 200, [entry])


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "watch"])
def test_nobody_writes_measurements(api: ApiBench, verb: str) -> None:
    measure(api, "queue", 1, Place(""))

    assert api.api.handle(Request(verb, "queue", *EXTERNAL, "default", body={})).code == 405


@pytest.mark.parametrize(
    ("metric", "value", "place"),
    [
        ("", 1, Place("")),
        ("a/b", 1, Place("")),
        ("rps", "many", Place("")),
        ("rps", True, Place("")),
        ("rps", float("nan"), Place("")),
        ("rps", float("inf"), Place("")),
        ("rps", [], Place("")),
        ("rps", 1, Place("Ghost", "default", "web")),
    ],
)
def test_what_is_no_metric_is_refused(api: ApiBench, metric: str, value: Any, place: Place) -> None:
    with pytest.raises(ValueError, match=r"."):
        measure(api, metric, value, place)


@pytest.mark.parametrize(
    ("measured", "problem"), [(lambda: 1 / 0, "ZeroDivisionError: division by zero"), (lambda: "many", "ValueError: ")]
)
def test_a_function_that_fails_stops_nothing(api: ApiBench, measured: Any, problem: str) -> None:
    measure(api, "queue", measured, Place(""))

    answer = external(api, "queue")

    assert answer.code == 500
    assert answer.body["message"].startswith(f"the metric queue cannot be measured: {problem}")


def test_a_selector_that_cannot_be_read_is_refused(api: ApiBench) -> None:
    measure(api, "queue", 1, Place(""))

    assert external(api, "queue", labelSelector="a in b").code == 400
