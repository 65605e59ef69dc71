"""Loads that a person puts on a cluster: thousands of requests a second, as flows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import inf, isfinite
from typing import Any

from k8slab.api import Api
from k8slab.api.measurements import Place
from k8slab.client import Client, Informer
from k8slab.clock import Loop, parse_duration
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone
from k8slab.objects import parse_label_selector
from k8slab.proxy import Flows, Load, LoadPlan, Requests, Source, as_rate, parsed_url, rate_as_data
from k8slab.world import Sandbox, Vm, World

__all__ = ["Loading"]

OUTSIDE = "outside"


class Loading:
    """What a cluster knows of loads. `loads` has them by name, those that have ended included."""

    api: Api
    loop: Loop
    world: World
    journal: Journal
    _requests: Requests
    _flows: Flows | None = None

    @property
    def loads(self) -> Mapping[str, Load]:
        """All loads by name."""
        return self._flows.loads if self._flows is not None else {}

    @alone
    def start_load(
        self,
        url: str,
        rate: Any,
        source: str | Mapping[str, str] = "",
        namespace: str = "default",
        name: str = "",
        lasting: str | float | None = None,
        timeout: str | float = "5s",
        keep_alive: bool | str | float = False,
        retries: int = 0,
        request_bytes: float = 300,
        answer_bytes: float | None = None,
        host: str = "",
    ) -> Load:
        """Send `rate` requests a second from now on: a number, Ramp, Day, Burst or Attack.

        They come from a node, from "outside", from a pod ("pod/web-0", "shop/web-0"), or from all pods of the namespace
        that have the labels `source` (`{"app": "front"}` or "app=front"), as long as there are any; without a source
        from the first worker that has power. A client waits `timeout` for its answer, and tries up to `retries` times
        more at once. With `keep_alive` it keeps its connections, for ever or for so long. Bytes count head and body;
        the answer's are the pods' own if None. The load ends by itself after `lasting`. `host` is what the requests are
        for, if that is not the name in the URL.
        Raises ValueError for what makes no sense.
        """
        what: dict[str, Any] = {
            "url": url, "rate": rate_as_data(as_rate(rate)),
            "source": dict(source) if isinstance(source, Mapping) else source, "namespace": namespace,
            "name": name or self._free_name(), "lasting": lasting, "timeout": timeout, "keep_alive": keep_alive,
            "retries": retries, "request_bytes": request_bytes, "answer_bytes": answer_bytes, "host": host,
        }  # fmt: skip
        if not self.world.vms:
            raise ValueError("this cluster has no machine that could answer a load")
        plan = _plan(what)
        load = Load(plan, self._sources(source, namespace), self.loop.now, self.stop_load)
        if self._flows is None:
            self._flows = Flows(self.loop, self._requests, self.world.network)
        self._flows.start(load)
        self.journal.note(self.loop.now, "start_load", **what)
        return load

    @alone
    def stop_load(self, name: str) -> None:
        """Have a load send no more; nothing when it has ended. Raises ValueError when there is none of that name."""
        if name not in self.loads:
            raise ValueError(f'there is no load "{name}"; there are: {", ".join(self.loads) or "none"}')
        assert self._flows is not None
        if self.loads[name].is_on:
            self._flows.stop(name)
            self.journal.note(self.loop.now, "stop_load", name=name)

    @alone
    def measure_requests(self, metric: str = "http_requests_per_second", namespace: str = "default") -> None:
        """Have custom.metrics.k8s.io tell how many requests a second each Pod of a namespace answers.

        So an adapter of a monitoring system would: an autoscaler can ask for it as a metric of Pods.
        """
        self.api.measurements.set(metric, self._requests_per_s, Place("pods", namespace, "*"), {})
        self.journal.note(self.loop.now, "measure_requests", metric=metric, namespace=namespace)

    def _requests_per_s(self, pod: Mapping[str, Any]) -> float | None:
        sandbox = _sandbox_of(pod, self.world)
        meters = [one.meter for one in sandbox.containers.values()] if sandbox is not None else []
        return round(sum(meter.requests_per_s for meter in meters if meter is not None), 3) if meters else None

    def client_for(
        self, user: str, *, groups: Sequence[str] = (), isolated: bool = False, vm: Vm | None = None
    ) -> Client:
        """A client in the name of `user`."""
        raise NotImplementedError

    def _some_worker(self) -> Vm:
        raise NotImplementedError

    def _free_name(self) -> str:
        return next(name for number in range(1, len(self.loads) + 2) if (name := f"load-{number}") not in self.loads)

    def _sources(self, source: str | Mapping[str, str], namespace: str) -> Callable[[], dict[Source, int]]:
        """Who sends, and for how many, asked anew after every change. Raises ValueError for an unknown node."""
        if isinstance(source, Mapping) or "=" in source:
            return self._pods(source if isinstance(source, str) else _as_text(source), namespace)
        if "/" in source:
            return self._one_pod(source, namespace)
        if source == OUTSIDE:
            return lambda: {Source(None, namespace, is_crowd=True): 1}
        if source:
            vm = self.world.vm(source)
            return lambda: {Source(vm, namespace): 1}
        return lambda: {Source(self._some_worker(), namespace): 1}

    def _one_pod(self, source: str, namespace: str) -> Callable[[], dict[Source, int]]:
        before, _, name = source.partition("/")
        namespace = namespace if before in ("pod", "pods", "po") else before

        def running() -> dict[Source, int]:
            sandbox = self.world.network.pod(namespace, name)
            return {Source(sandbox.vm, namespace, sandbox): 1} if sandbox is not None and _is_running(sandbox) else {}

        return running

    def _pods(self, labels: str, namespace: str) -> Callable[[], dict[Source, int]]:
        """The pods that the selector lets through and that run; for those on one machine the first of them stands."""
        parse_label_selector(labels)
        reader = self.client_for("k8slab-load", groups=["kubeadm:cluster-admins"])
        pods = Informer(reader, self.loop, "Pod", namespace=namespace, labels=labels)
        pods.on_change(lambda old, new: self.world.network.changed())
        pods.start()

        def running() -> dict[Source, int]:
            found = [sandbox for pod in pods.list() if (sandbox := _sandbox_of(pod, self.world)) is not None]
            counts = Counter(sandbox.vm.name for sandbox in found)
            first = {sandbox.vm.name: sandbox for sandbox in reversed(found)}
            return {Source(one.vm, namespace, one): counts[name] for name, one in sorted(first.items())}

        return running


def _as_text(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in labels.items())


def _sandbox_of(pod: Mapping[str, Any], world: World) -> Sandbox | None:
    """Where a Pod runs."""
    sandbox = world.network.sandbox_at(pod.get("status", {}).get("podIP", ""))
    is_it = sandbox is not None and sandbox.uid == pod["metadata"]["uid"] and _is_running(sandbox)
    return sandbox if is_it else None


def _is_running(sandbox: Sandbox) -> bool:
    return any(container.is_running for container in sandbox.containers.values())


def _plan(what: Mapping[str, Any]) -> LoadPlan:
    """What the words of a call mean. Raises ValueError."""
    parsed_url(what["url"])
    timeout_s, keep = parse_duration(what["timeout"]), what["keep_alive"]
    if timeout_s <= 0:
        raise ValueError("a client that waits for no time gets no answer: give a timeout of more than 0")
    retries = what["retries"]
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= 10:
        raise ValueError(f"retries must be a number from 0 to 10, not {retries!r}")
    for word in ("request_bytes", "answer_bytes"):
        size = what[word]
        if size is not None and not (isinstance(size, (int, float)) and isfinite(size) and size >= 0):
            raise ValueError(f"{word} must be a number of bytes, not {size!r}")
    life_s = inf if keep is True else 0.0 if keep is False else parse_duration(keep)
    lasting_s = inf if what["lasting"] is None else parse_duration(what["lasting"])
    source, sizes = what["source"], (float(what["request_bytes"]), what["answer_bytes"])
    shown, rate = source if isinstance(source, str) else _as_text(source), as_rate(what["rate"])
    return LoadPlan(what["name"], what["url"], rate, shown, timeout_s, life_s, retries, *sizes, lasting_s, what["host"])
