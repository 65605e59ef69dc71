"""Stored and cached objects are shared by everybody, so nobody may change one in place: here they refuse it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from kubeadm_bench import manifest, pods

from k8slab import Cluster
from k8slab.etcd import DictStore, Put
from k8slab.objects import freeze

run = DictStore.txn


def frozen_txn(store: DictStore, compare: Sequence[Any], then: Sequence[Any], otherwise: Sequence[Any] = ()) -> Any:
    """As txn, but what is put cannot be changed any more."""
    then = [op._replace(value=freeze(op.value)) if isinstance(op, Put) else op for op in then]
    return run(store, compare, then, otherwise)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr(DictStore, "txn", frozen_txn)
    return Cluster(nodes=3)


def test_a_whole_life_changes_no_shared_object(frozen: Cluster) -> None:
    frozen.apply(manifest(5))
    frozen.settle()
    frozen.apply(manifest(4, image="nginx:1.28"))
    frozen.fail("node-2")
    frozen.run("8m")
    frozen.recover("node-2")
    frozen.kubectl("drain node-1 --ignore-daemonsets")
    frozen.kubectl("scale deployment web --replicas=2")
    frozen.kubectl("delete deployment web")
    frozen.run("2m")

    assert pods(frozen) == []


def test_the_proof_would_notice(frozen: Cluster) -> None:
    shared = frozen.client_for("system:kube-scheduler").get("Node", "node-1")

    with pytest.raises(TypeError, match="must not be changed in place"):
        shared["metadata"]["labels"]["a"] = "b"
