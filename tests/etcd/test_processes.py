"""Several API servers, each a process of its own, on one etcd."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest
from real_etcd import RealEtcd
from served import BOUND_S, CONFIGMAPS, Caller, Served, ended, wait_until

Serve = Callable[..., Served]
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
REPLICASETS = "/apis/apps/v1/namespaces/default/replicasets"
WEB = {
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx"}]},
        },
    },
}


@pytest.fixture
def serve(etcd: RealEtcd, tmp_path: Path) -> Iterator[Serve]:
    """Start servers on one etcd."""
    servers: list[Served] = []

    def serve(agents: str = "none", *options: str) -> Served:
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        given = ["--etcd", etcd.url, "--nodes", "0", "--agents", agents, *options]
        servers.append(Served(folder, *given))
        return servers[-1]

    with ended(servers):
        yield serve


def test_what_one_server_writes_another_reads_and_watches_at_once(serve: Serve) -> None:
    one, two = serve().caller(), serve()
    watcher = two.caller().open("GET", f"{CONFIGMAPS}?watch=1")

    codes = [one.create_configmap("red"), two.caller().create_configmap("blue")]

    assert codes == [201, 201]
    assert one.configmaps() == two.caller().configmaps() == ["blue", "red"]
    told = [json.loads(watcher.readline())["object"]["metadata"]["name"] for _ in range(2)]
    assert told == ["red", "blue"]


def test_after_the_leader_was_killed_the_other_goes_on(serve: Serve) -> None:
    """Within the 15 s of the Lease and a retry; here ten times as fast."""
    first = serve("controllers,scheduler", "--speed", "10")
    leader = first.caller().leader("kube-controller-manager")
    caller = serve("controllers,scheduler", "--speed", "10").caller()

    first.kill()
    wait_until(lambda: caller.leader("kube-controller-manager") != leader)
    assert caller.ask("POST", DEPLOYMENTS, WEB).code == 201

    wait_until(lambda: caller.ask("GET", REPLICASETS).body["items"])
    assert leader.startswith("control-plane_")


def test_machines_that_run_in_another_process_are_not_run_twice(serve: Serve) -> None:
    first = serve("kubelet")

    with pytest.raises(AssertionError, match=f"error: process {first.process.pid} on .* runs the machines"):
        serve("kubelet")


def test_after_the_process_that_ran_the_machines_was_killed_another_runs_them(serve: Serve) -> None:
    serve("kubelet").kill()

    second = serve("kubelet").caller()

    nodes = second.ask("GET", "/api/v1/nodes").body["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["control-plane"]


def test_a_server_ends_in_order_without_a_word(serve: Serve) -> None:
    assert serve("all").end() == (0, "")


@pytest.mark.parametrize("enough", [1, 20, 100])
def test_nothing_that_a_killed_server_has_acknowledged_is_lost(serve: Serve, enough: int) -> None:
    server = serve()
    caller, is_enough = server.caller(), threading.Event()
    killer = threading.Thread(target=lambda: (is_enough.wait(BOUND_S), server.kill()))
    killer.start()
    acknowledged = write_until_it_fails(caller, lambda done: is_enough.set() if done == enough else None)
    killer.join()

    there = serve().caller().configmaps()

    assert len(acknowledged) >= enough and set(acknowledged) <= set(there)
    assert len(there) - len(acknowledged) <= 1


def write_until_it_fails(caller: Caller, note: Callable[[int], None]) -> list[str]:
    """Create ConfigMaps as fast as the server takes them; answers those it has acknowledged."""
    acknowledged: list[str] = []
    while True:
        name = f"config-{len(acknowledged):05}"
        try:
            assert caller.create_configmap(name) == 201
        except (OSError, HTTPException):
            return acknowledged
        acknowledged.append(name)
        note(len(acknowledged))
