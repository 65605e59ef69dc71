"""Metrics that a person gives a cluster: what custom.metrics.k8s.io and external.metrics.k8s.io answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8slab.api import Api
from k8slab.api.measurements import Place
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone

__all__ = ["Measuring"]

NOTHING: Mapping[str, str] = {}


class Measuring:
    """What a cluster can be told of use that no kubelet measures."""

    api: Api
    journal: Journal
    loop: Any

    @alone
    def metric(
        self,
        name: str,
        value: str | float | Callable[..., str | float | None] | None,
        pod: str = "",
        object: str = "",
        namespace: str = "",
        labels: Mapping[str, str] = NOTHING,
    ) -> None:
        """Give a metric of one `pod`, of an `object` (`Service/web`), or of neither (external) its value.

        With `pod="*"` it is about every Pod of the namespace. A function as value is asked whenever somebody wants to
        know: of every Pod with the Pod, else with nothing. None forgets the value. Without a namespace an external
        metric is the same in all, and others are of `default`. Raises ValueError for what is no value or no object.
        """
        self.api.measurements.set(name, value, _place(pod, object, namespace), labels)
        what: dict[str, Any] = {"name": name, "value": value, "pod": pod, "object": object, "namespace": namespace}
        act = "measured" if callable(value) else "metric"  # code cannot be saved
        self.journal.note(self.loop.now, act, **what, labels=dict(labels))


def _place(pod: str, object: str, namespace: str) -> Place:
    if pod and object:
        raise ValueError("a metric is about a pod or about an object, not about both")
    if pod:
        return Place("pods", namespace or "default", pod)
    if not object:
        return Place("", namespace)
    kind, _, name = object.partition("/")
    if not kind or not name:
        raise ValueError(f'an object is written as kind and name ("Service/web"), not {object!r}')
    return Place(kind, namespace or "default", name)
