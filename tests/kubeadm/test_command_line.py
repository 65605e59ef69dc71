"""The command `k8slab`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from k8slab.__main__ import main
from k8slab.kubeadm import Cluster


def test_serve_says_when_it_is_ready_and_stops_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    command = [sys.executable, "-m", "k8slab", "serve", "--nodes", "1", "--kubeconfig", str(path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout is not None

    line = server.stdout.readline()
    was_there = path.exists()
    os.kill(server.pid, signal.SIGTERM)
    _, errors = server.communicate(timeout=60)

    assert line.startswith("k8slab serves 2 machines at https://127.0.0.1:") and str(path) in line and was_there
    assert (server.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--nodes", "-1"], "nodes must be a number from 0 to 5,000"),
        (["--agents", "nobody"], "nobody"),
        (["--speed", "-1"], "a speed is a number"),
        (["--etcd", "http://127.0.0.1:1"], "error: "),
        (["--host", "192.0.2.1"], "annot assign requested address"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_line(
    words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *words]) == 1

    assert text in capsys.readouterr().err


def test_a_cluster_is_switched_on_when_it_is_told() -> None:
    cluster = Cluster(nodes=0, start=1_800_000_000.0)

    node = cluster.client.get("Node", "control-plane")

    assert node["metadata"]["creationTimestamp"].startswith("2027-01-15T08:00:")
    assert cluster.fork().now == cluster.now
