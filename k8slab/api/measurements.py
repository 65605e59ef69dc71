"""custom.metrics.k8s.io and external.metrics.k8s.io: what somebody measures of the cluster's objects, and beyond it.

A metric is of Pods, of another object, or of nothing in the cluster (external). Its value is a number, or a function
that is asked each time: of all Pods of a namespace it is asked Pod by Pod. A group is served from its first metric on.

Source    github.com/kubernetes-sigs/custom-metrics-apiserver, pkg/apiserver/registry/rest, pkg/provider/errors.go;
          staging/src/k8s.io/metrics/pkg/apis/{custom_metrics/v1beta2,external_metrics/v1beta1}/types.go
Left out  custom.metrics.k8s.io/v1beta1; values of a time before now; Tables
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from k8slab.api.kinds import MEASURED_GROUPS, Kind
from k8slab.api.queries import Queries
from k8slab.objects import canonical_quantity, parse_label_selector, parse_quantity, rfc3339
from k8slab.wire import ApiError, BadRequest, InternalError, MethodNotAllowed, NotFound, Request, Response

__all__ = [
    "Measurements",
    "Place",
]

Obj = dict[str, Any]
Value = str | int | float
Measure = Value | Callable[..., Value | None]

CUSTOM, EXTERNAL = MEASURED_GROUPS
VERSIONS = {CUSTOM: "v1beta2", EXTERNAL: "v1beta1"}
ALL = "*"
NOWHERE = "the server could not find the requested resource"


class Place(NamedTuple):
    """What a metric is about: a resource (`services`, `deployments.apps`; "": external), namespace and name."""

    resource: str
    namespace: str = ""
    name: str = ""


class Series(NamedTuple):
    """One value of a metric, and the labels that tell it from others."""

    labels: Mapping[str, str]
    value: Measure


class Measurements:
    """Holds what was measured, and answers for both groups."""

    def __init__(self, queries: Queries, kinds: Callable[[], Iterable[Kind]], now: Callable[[], float]) -> None:
        self._queries, self._kinds, self._now = queries, kinds, now
        self._series: dict[str, dict[Place, list[Series]]] = {}

    def set(self, metric: str, value: Measure | None, place: Place, labels: Mapping[str, str]) -> None:
        """Remember the newest value of a metric; None forgets it. Raises ValueError for what is no value or kind."""
        if not metric or "/" in metric:
            raise ValueError(f"a metric needs a name without a slash, not {metric!r}")
        if value is not None and not callable(value):
            _quantity(value)
        if place.resource:
            kind = self._kind(place.resource)
            namespace = place.namespace if kind.is_namespaced else ""
            place = place._replace(resource=kind.full_name, namespace=namespace)
        places = self._series.setdefault(metric, {})
        kept = [series for series in places.pop(place, ()) if series.labels != labels]
        if value is not None:
            kept.append(Series(dict(labels), value))
        if kept:
            places[place] = kept
        if not places:
            del self._series[metric]

    def served(self) -> Iterator[Kind]:
        """What discovery tells of both groups."""
        for metric, places in sorted(self._series.items()):
            for resource in sorted({place.resource for place in places}):
                group, kind = (CUSTOM, "MetricValueList") if resource else (EXTERNAL, "ExternalMetricValueList")
                plural = f"{resource}/{metric}" if resource else metric
                names = ("", kind)
                yield Kind(group, VERSIONS[group], kind, plural, "", verbs=("get",), names=names)

    def answer(self, request: Request) -> Response:
        """Answer a read. Raises NotFound, MethodNotAllowed, BadRequest, InternalError when a function fails."""
        group = request.group
        is_known = any(bool(place.resource) == (group == CUSTOM) for one in self._series.values() for place in one)
        if request.version != VERSIONS[group] or not is_known:
            raise NotFound(NOWHERE)
        if request.verb not in ("get", "list"):
            raise MethodNotAllowed("the server does not allow this method on the requested resource")
        kind, items = (
            ("MetricValueList", self._custom) if group == CUSTOM else ("ExternalMetricValueList", self._external)
        )
        body = {"kind": kind, "apiVersion": f"{group}/{request.version}", "metadata": {}, "items": list(items(request))}
        return Response(200, body)

    def _custom(self, request: Request) -> Iterator[Obj]:
        """The values of the objects that the request names."""
        metric, place = request.subresource, Place(request.resource, request.namespace, request.name)
        if place.resource == "metrics":  # of the namespace itself
            metric, place = request.name, Place("namespaces", "", request.namespace)
        places = self._series.get(metric, {})
        if not any(known.resource == place.resource for known in places):
            about = place.resource if place.name == ALL else f"{place.resource} {place.name}"
            raise NotFound(f"the server could not find the metric {metric} for {about}")
        kind = self._kind(place.resource)
        wanted = _selector(request, "metricLabelSelector")
        for obj in self._described(kind, place, request):
            metadata = obj["metadata"]
            own = Place(place.resource, metadata.get("namespace", ""), metadata["name"])
            values = [
                *_values(metric, places.get(own, ()), wanted, ()),
                *_values(metric, places.get(own._replace(name=ALL), ()), wanted, (obj,)),
            ]
            if values:
                yield self._told(kind, obj, metric, sum(values))
            elif place.name != ALL:
                raise NotFound(f"the server could not find the metric {metric} for {place.resource} {place.name}")

    def _described(self, kind: Kind, place: Place, request: Request) -> list[Obj]:
        if place.name != ALL:
            return [self._queries.newest(kind, request._replace(namespace=place.namespace, name=place.name))]
        selector = request.params.get("labelSelector", "")
        listed = Request("list", kind.plural, namespace=place.namespace, params={"labelSelector": selector})
        items: list[Obj] = self._queries.list(kind, listed).body["items"]
        return items

    def _told(self, kind: Kind, obj: Obj, metric: str, value: Fraction | int) -> Obj:
        where = {"namespace": obj["metadata"]["namespace"]} if kind.is_namespaced else {}
        described = {"kind": kind.kind, **where, "name": obj["metadata"]["name"]}
        return {
            "describedObject": {
                **described,
                "apiVersion": f"{kind.group}/{kind.version}",
            },  # "/v1" for the oldest group
            "metric": {"name": metric, "selector": None},
            "timestamp": rfc3339(self._now()),
            "value": canonical_quantity(value),
        }

    def _external(self, request: Request) -> Iterator[Obj]:
        """The values of a metric whose labels are selected."""
        metric, wanted = request.resource, _selector(request, "labelSelector")
        places = self._series.get(metric, {})
        for place in (Place("", request.namespace), Place("")):
            for series in places.get(place, ()):
                for value in _values(metric, [series], wanted, ()):
                    told = {"metricName": metric, "metricLabels": dict(series.labels)}
                    yield {**told, "timestamp": rfc3339(self._now()), "value": canonical_quantity(value)}

    def _kind(self, name: str) -> Kind:
        """The kind that is called so: `Service`, `services`, `deployments.apps`. Raises ValueError."""
        for kind in self._kinds():
            if kind.etcd_prefix and name in (kind.kind, kind.plural, kind.full_name, f"{kind.kind}.{kind.group}"):
                return kind
        raise ValueError(f'the server doesn\'t have a resource type "{name}"')


def _selector(request: Request, param: str) -> Any:
    try:
        return parse_label_selector(request.params.get(param, ""))
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _values(metric: str, known: Iterable[Series], wanted: Any, asked_of: tuple[Any, ...]) -> Iterator[Fraction | int]:
    """The values whose labels are wanted. Raises InternalError."""
    for series in known:
        if not wanted.matches(series.labels):
            continue
        try:
            value = series.value(*asked_of) if callable(series.value) else series.value
            if value is not None:
                yield _quantity(value)
        except ApiError:
            raise
        except Exception as error:  # somebody's own code must not stop the server
            raise InternalError(f"the metric {metric} cannot be measured: {type(error).__name__}: {error}") from None


def _quantity(value: Value) -> Fraction | int:
    """The number, to the nearest thousandth. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or value in (float("inf"), -float("inf")):
        raise ValueError(f"a metric is a number or a quantity, not {value!r}")
    number = Fraction(parse_quantity(value)) if isinstance(value, str) else Fraction(value)
    return Fraction(round(number * 1000), 1000)
