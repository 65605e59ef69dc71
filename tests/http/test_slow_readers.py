"""Clients that ask and do not read the answer cost a bounded amount of memory, for a bounded time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from http_caller import Caller
from raw_caller import CLOSE, connected, headed, rest_of
from waiting import soon

from k8slab import Cluster
from k8slab.api import watch_cache
from k8slab.http import arrivals, connections

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
BIG = "x" * 300_000


def watchers(cluster: Cluster) -> int:
    """How many watches are open on all ConfigMaps; kubelets watch those that their pods mount, by name."""
    caches = [cache for cache in cluster.api._caches.values() if cache.kind.kind == "ConfigMap"]
    return sum(not watcher.index.startswith("name/") for cache in caches for watcher in cache.watchers())


def connections_of(caller: Caller) -> set[Any]:
    """The server's connections."""
    return caller.server._server.server_state.connections


def write(caller: Caller, number: int) -> None:
    """Write one big object."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"big-{number}"}, "data": {"x": BIG}}
    assert caller.ask("POST", CONFIGMAPS, body).code == 201


def test_a_watcher_that_never_reads_is_let_go(
    caller: Caller, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_cache, "MOST_WAITING", 10)
    before = watchers(cluster)  # of agents, who do not read while time stands still
    with connected(caller) as idle:
        idle.sendall(headed(caller, f"GET {CONFIGMAPS}?watch=1"))
        assert soon(lambda: watchers(cluster) == before + 1)
        for number in range(50):
            write(caller, number)

        assert watchers(cluster) == 0


def test_a_watch_that_nobody_reads_is_given_up(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        write(caller, number)
    monkeypatch.setattr(connections, "STALL_S", 0.2)
    monkeypatch.setattr(arrivals, "MOST_AT_ONCE", 5)
    with connected(caller) as watch:
        watch.sendall(headed(caller, f"GET {CONFIGMAPS}?watch=1"))
        assert soon(lambda: bool(connections_of(caller)))

        assert soon(lambda: not connections_of(caller))


def test_a_watch_that_is_read_late_ends_with_its_time(caller: Caller, cluster: Cluster) -> None:
    before = watchers(cluster)
    for number in range(30):
        write(caller, number)
    with connected(caller) as idle:
        idle.sendall(headed(caller, f"GET {CONFIGMAPS}?watch=1&timeoutSeconds=1", CLOSE))
        assert soon(lambda: watchers(cluster) == before + 1)

        assert rest_of(idle).endswith(b"0\r\n\r\n")

    assert watchers(cluster) == before


def test_a_server_stops_at_once_whoever_reads_or_does_not(caller: Caller, cluster: Cluster) -> None:
    for number in range(30):
        write(caller, number)
    with connected(caller) as list_, connected(caller) as idle, connected(caller) as half, connected(caller):
        list_.sendall(headed(caller, f"GET {CONFIGMAPS}"))
        idle.sendall(headed(caller, f"GET {CONFIGMAPS}?watch=1"))
        half.sendall(headed(caller, f"POST {CONFIGMAPS}", "Content-Length: 10"))
        assert soon(lambda: len(connections_of(caller)) == 4)
        start = time.monotonic()

        caller.server.close()

    assert time.monotonic() - start < 1


def test_a_watch_ends_in_order_when_the_server_stops(caller: Caller) -> None:
    with connected(caller) as watch:
        watch.sendall(headed(caller, f"GET {CONFIGMAPS}?watch=1&resourceVersion=0"))
        assert watch.recv(15) == b"HTTP/1.1 200 OK"

        caller.server.close()

        assert rest_of(watch).endswith(b"0\r\n\r\n")
