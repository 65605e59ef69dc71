"""What an autoscaler is told of use: the three metrics APIs, asked through the server.

Values are whole thousandths, rounded up, whatever they measure. Whatever goes wrong raises Unmeasured.

Source    pkg/controller/podautoscaler/metrics/client.go; staging/src/k8s.io/metrics/pkg/client/custom_metrics
          (discovery.go, versioned_client.go), .../external_metrics/client.go
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from k8slab.client import Client, Resource
from k8slab.clock import parse_duration
from k8slab.objects import as_text, parse_quantity, parse_rfc3339
from k8slab.wire import ApiError, NotFound

__all__ = [
    "MetricsClient",
    "PodMetric",
    "PodMetrics",
    "Unmeasured",
    "milli",
]

Obj = dict[str, Any]

CUSTOM_GROUP, CUSTOM_VERSION = "custom.metrics.k8s.io", "v1beta2"
EXTERNAL_GROUP, EXTERNAL_VERSION = "external.metrics.k8s.io", "v1beta1"
DEFAULT_WINDOW_S = 60.0


class Unmeasured(Exception):
    """A metric cannot be had; the text says why."""


class PodMetric(NamedTuple):
    """What was measured of one Pod: thousandths, when, and over how long before."""

    value: int
    timestamp: float = 0.0
    window_s: float = DEFAULT_WINDOW_S


PodMetrics = dict[str, PodMetric]


class MetricsClient:
    """Asks for metrics in the name of an autoscaler."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def resource(self, name: str, namespace: str, selector: str, container: str = "") -> PodMetrics:
        """The use of cpu or memory by the selected Pods, or by one container of each."""
        items = _asked("resource", lambda: self._client.list("pods.metrics.k8s.io", namespace, labels=selector))
        measured = ((item, _use(item, name, container)) for item in items)
        return {item["metadata"]["name"]: _pod_metric(item, value) for item, value in measured if value is not None}

    def pods(self, metric: str, namespace: str, selector: str, metric_selector: Obj | None) -> PodMetrics:
        """A metric of the selected Pods."""
        params = {"labelSelector": selector, "metricLabelSelector": as_text(metric_selector or {})}
        items = _asked("custom", lambda: self._custom("pods", namespace, "*", metric, params))
        return {
            item["describedObject"]["name"]: PodMetric(
                milli(item["value"]), parse_rfc3339(item["timestamp"]), item.get("windowSeconds", DEFAULT_WINDOW_S)
            )
            for item in items
        }

    def object(self, metric: str, namespace: str, described: Obj, metric_selector: Obj | None) -> int:
        """A metric of one object."""
        params = {"metricLabelSelector": as_text(metric_selector or {})}

        def ask() -> list[Obj]:
            if described["kind"] == "Namespace" and not described.get("apiVersion", "").count("/"):
                return self._custom("metrics", namespace, metric, "", params)
            group, _, version = described.get("apiVersion", "").rpartition("/")
            resource = self._client.mapper.of(f"{group}/{version}" if group else version or "v1", described["kind"])
            where = namespace if resource.is_namespaced else ""
            return self._custom(resource.full_name, where, described["name"], metric, params)

        return milli(_asked("custom", ask)[0]["value"])

    def external(self, metric: str, namespace: str, metric_selector: Obj | None) -> list[int]:
        """The values of a metric that is about nothing in the cluster."""
        resource = _resource(EXTERNAL_GROUP, EXTERNAL_VERSION, metric)
        params = {"labelSelector": as_text(metric_selector or {})}

        def ask() -> list[Obj]:
            try:
                items: list[Obj] = self._client.ask(resource, namespace, verb="list", params=params)["items"]
            except NotFound as error:  # the real client adds what it has asked for
                raise NotFound(f"{error.message} (get {resource.full_name})") from None
            return items

        return [milli(item["value"]) for item in _asked("external", ask)]

    def _custom(self, plural: str, namespace: str, name: str, metric: str, params: dict[str, str]) -> list[Obj]:
        if not self._serves_custom():
            raise NotFound(f"no custom metrics API ({CUSTOM_GROUP}) registered")
        resource = _resource(CUSTOM_GROUP, CUSTOM_VERSION, plural)
        items: list[Obj] = self._client.ask(resource, namespace, name, metric, params=params)["items"]
        return items

    def _serves_custom(self) -> bool:
        wanted, mapper = f"{CUSTOM_GROUP}/{CUSTOM_VERSION}", self._client.mapper
        if wanted not in mapper.api_versions():
            mapper.refresh()
        return wanted in mapper.api_versions()


@lru_cache(maxsize=4096)
def milli(quantity: str | int | float) -> int:
    """A quantity in thousandths, rounded up."""
    return math.ceil(parse_quantity(quantity) * 1000)


def _asked(api: str, ask: Callable[[], list[Obj]]) -> list[Obj]:
    """What one of the metrics APIs answers, at least one value. Raises Unmeasured."""
    try:
        items = ask()
    except ApiError as error:
        raise Unmeasured(f"unable to fetch metrics from {api} metrics API: {error.message}") from None
    if not items:
        raise Unmeasured(f"no metrics returned from {api} metrics API")
    return items


def _resource(group: str, version: str, plural: str) -> Resource:
    return Resource(group, version, "", plural, plural, is_namespaced=True)


def _use(item: Obj, resource: str, container: str) -> int | None:
    """What is used of a resource; None when that is not known of every container. Raises Unmeasured."""
    rows = item["containers"]
    if container:
        rows = [row for row in rows if row["name"] == container]
        if not rows:
            where = f"{item['metadata']['namespace']}/{item['metadata']['name']}"
            problem = f"container {container} not present in metrics for pod {where}"
            raise Unmeasured(f"failed to get container metrics: {problem}")
    if not rows or any(resource not in row["usage"] for row in rows):
        return None
    return sum(milli(row["usage"][resource]) for row in rows)


def _pod_metric(item: Obj, value: int) -> PodMetric:
    return PodMetric(value, parse_rfc3339(item["timestamp"]), parse_duration(item["window"]))
