"""What is typed into a session is part of a cluster's history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubeadm_bench import manifest

from k8slab import Cluster
from k8slab.wire import Request, Response, Session


def asked(cluster: Cluster, name: str, *command: str, **body: Any) -> Response:
    """The answer to an exec."""
    options = {"command": list(command), "stdin": True, "stdout": True, **body}
    return cluster.handle(
        Request("create", "pods", "", "v1", "default", name, "exec", body=options, user="kubernetes-admin")
    )


@pytest.fixture
def typed() -> tuple[Cluster, str]:
    """A cluster, and a pod of it where somebody has typed what goes into a file, slowly, and hung up."""
    cluster = Cluster(nodes=1)
    cluster.apply(manifest(1))
    cluster.settle()
    (name,) = [pod["metadata"]["name"] for pod in cluster.client.list("Pod", "default")]
    session = asked(cluster, name, "sh", session="websocket").session
    assert session is not None
    write(
        cluster, session, b"echo \xc3", b"\xa9 > /tmp/x\nsleep 5; echo more >> /tmp/x\nsleep 5; ", b"echo no > /tmp/x\n"
    )
    cluster.run("7s")
    session.close()
    cluster.run("60s")
    return cluster, name


def write(cluster: Cluster, session: Session, *parts: bytes) -> None:
    """Type one part a second."""
    for part in parts:
        session.send(part)
        cluster.run("1s")


def kept(cluster: Cluster, name: str) -> str:
    """What is in the file."""
    return str(asked(cluster, name, "cat", "/tmp/x").body["stdout"])


def test_a_fork_has_heard_the_same(typed: tuple[Cluster, str]) -> None:
    cluster, name = typed

    assert kept(cluster.fork(), name) == kept(cluster, name) == "é\nmore\n"


def test_a_saved_cluster_has_heard_the_same(typed: tuple[Cluster, str], tmp_path: Path) -> None:
    cluster, name = typed

    cluster.save(tmp_path / "history")

    assert kept(Cluster.load(tmp_path / "history"), name) == "é\nmore\n"


def test_a_moment_between_knows_what_was_typed_until_then(typed: tuple[Cluster, str]) -> None:
    cluster, name = typed
    (first, *_) = [entry.at for entry in cluster.journal.inputs if entry.act == "typed"]

    assert kept(cluster.fork(first + 2), name) == "é\n"
