"""What is done to registries and in containers is part of a cluster's past."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from k8slab.kubeadm import Cluster

HOST = "registry.shop.example"


def shut(cluster: Cluster) -> None:
    """A registry that wants a login, and an account whose pods bring it."""
    cluster.private_registry(HOST, "ann", "secret")
    config = json.dumps({"auths": {HOST: {"username": "ann", "password": "secret"}}})
    data = {".dockerconfigjson": b64encode(config.encode()).decode()}
    kind = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson"}
    login = {**kind, "metadata": {"name": "login"}, "data": data}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "shop"},
               "imagePullSecrets": [{"name": "login"}]}  # fmt: skip
    cluster.apply([login, account])


def pods(cluster: Cluster) -> list[str]:
    """Name and reason or phase, as `kubectl get pods` shows them."""
    lines = cluster.kubectl("get pods --no-headers").splitlines()
    return [" ".join(line.split()[0:3:2]) for line in lines]


def given(cluster: Cluster) -> None:
    """A pod of the account, and one of nobody."""
    shut(cluster)
    spec = {"serviceAccountName": "shop", "containers": [{"name": "web", "image": f"{HOST}/shop/web:1"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "paid"}, "spec": spec}
    cluster.apply(pod)
    cluster.kubectl(f"run free --image={HOST}/shop/web:1")
    cluster.settle()


def test_the_account_of_a_pod_brings_the_login_for_its_images() -> None:
    """Source: kubernetes.io, "Configure Service Accounts for Pods", "Add ImagePullSecrets to a service account"."""
    cluster = Cluster(nodes=1)

    given(cluster)

    assert pods(cluster) == ["free ImagePullBackOff", "paid Running"]


def test_a_saved_cluster_knows_its_private_registries(tmp_path: Path) -> None:
    cluster = Cluster(nodes=1)
    given(cluster)
    cluster.save(tmp_path / "cluster.json")

    loaded = Cluster.load(tmp_path / "cluster.json")

    assert pods(loaded) == pods(cluster)


def test_what_is_no_registry_is_refused_and_not_remembered() -> None:
    cluster = Cluster(nodes=1)

    with pytest.raises(ValueError, match="is no registry"):
        cluster.private_registry("https://shop", "ann", "secret")

    assert cluster.journal.inputs == []


def test_a_fork_has_what_was_written_in_containers_before_it_and_logs_too() -> None:
    cluster = Cluster(nodes=1)
    cluster.kubectl("run shell --image=busybox:1.37 --command -- sh -c 'while true; do date; sleep 1; done'")
    cluster.settle()
    cluster.kubectl("exec shell -- sh -c 'echo before > /tmp/note'")
    cluster.run("5s")
    moment, log = cluster.now, cluster.kubectl("logs shell")
    cluster.run("5s")
    cluster.kubectl("exec shell -- rm /tmp/note")

    past = cluster.fork(moment)

    assert past.kubectl("exec shell -- cat /tmp/note") == "before\n"
    assert past.kubectl("logs shell") == log != cluster.kubectl("logs shell")
