"""Webhooks of a learner's own, in a whole cluster: they see what controllers write, and a fork has them too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubeadm_bench import manifest

from k8slab import Cluster
from k8slab.api import Review
from k8slab.wire import Forbidden


def team(review: Review) -> Any:
    """Label every Pod."""
    assert review.object is not None
    review.object["metadata"].setdefault("labels", {})["team"] = "shop"
    return review.object


def no_latest(review: Review) -> str | None:
    """Refuse what says nothing about its version."""
    assert review.object is not None
    images = [container["image"] for container in review.object["spec"]["containers"]]
    return "images need a version" if any(":" not in image for image in images) else None


def labels(cluster: Cluster) -> list[str]:
    return [pod["metadata"]["labels"].get("team", "") for pod in cluster.client.list("Pod", "default")]


def test_what_controllers_make_passes_through_it(cluster: Cluster) -> None:
    cluster.webhook("team", team, ["Pod"], mutating=True)

    cluster.apply(manifest(2))
    cluster.settle()

    assert labels(cluster) == ["shop", "shop"]


def test_a_refusal_reaches_who_asked(cluster: Cluster) -> None:
    cluster.webhook("no-latest", no_latest, ["Pod"])
    spec = {"containers": [{"name": "web", "image": "nginx"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"}, "spec": spec}

    with pytest.raises(Forbidden, match='admission webhook "no-latest" denied the request: images need a version'):
        cluster.client.create(pod)

    cluster.remove_webhook("no-latest")
    assert cluster.client.create(pod)["metadata"]["uid"]


def test_a_fork_has_it_and_a_file_does_not(cluster: Cluster, tmp_path: Path) -> None:
    cluster.webhook("team", team, ["Pod"], mutating=True)

    fork = cluster.fork()
    fork.apply(manifest(1))
    fork.settle()

    assert labels(fork) == ["shop"]
    with pytest.raises(ValueError, match=r"it was given Python code \(webhook team\)"):
        cluster.save(tmp_path / "x")
