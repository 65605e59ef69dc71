"""Pods of the machine that no API knows any more: an earlier kubelet left them, its successor kills them."""

from __future__ import annotations

import pytest
from one_node import OneNode
from test_leaving import Slow
from test_static_pods import ETCD


def forget_behind_its_back(node: OneNode) -> None:
    """Force-delete the pod web while no kubelet is there."""
    node.vm.stop_daemon("kubelet")
    node.client.delete("Pod", "web", "default", grace_s=0)


@pytest.mark.parametrize(("image", "seconds"), [("nginx:1.27", 2.0), ("shop/slow:1", 3.0)])
def test_a_pod_that_nobody_wants_any_more_has_a_second_to_go(node: OneNode, image: str, seconds: float) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, HandlePodCleanups; kubelet.go, housekeepingPeriod (2 s)."""
    node.world.images.register("shop/slow", Slow)
    node.given("web", image)
    forget_behind_its_back(node)
    (sandbox,) = node.vm.runtime.sandboxes.values()
    begun = node.loop.now

    node.vm.start_daemon("kubelet")
    node.loop.settle()

    assert node.vm.runtime.sandboxes == node.kubelet.workers == {}
    assert sandbox.containers["main"].finished_at - begun == pytest.approx(seconds, abs=0.01)
    assert node.said("web")[-1] == "Killing: Stopping container main"


def test_nobody_is_killed_before_the_api_has_said_who_is_wanted(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet.go, syncLoopIteration: housekeeping waits until all sources are ready."""
    node.given("web")
    forget_behind_its_back(node)
    node.is_api_up = False

    node.vm.start_daemon("kubelet")
    node.run(300)
    assert len(node.vm.runtime.sandboxes) == 1
    node.is_api_up = True
    node.run(60)

    assert node.vm.runtime.sandboxes == {}


def test_static_pods_are_wanted_by_the_machine() -> None:
    node = OneNode(static_pods=(ETCD,))
    (sandbox,) = node.vm.runtime.sandboxes.values()

    node.vm.stop_daemon("kubelet")
    node.vm.start_daemon("kubelet")
    node.run(60)

    assert list(node.vm.runtime.sandboxes.values()) == [sandbox] and sandbox.containers["etcd"].is_running


def test_a_sandbox_that_was_just_being_made_is_no_orphan_for_ever(node: OneNode) -> None:
    node.given("web", settle=False)
    node.run(0.1)
    forget_behind_its_back(node)

    node.vm.start_daemon("kubelet")
    node.run(30)

    assert node.vm.runtime.sandboxes == {}


def test_a_pod_that_was_seen_before_the_node_was_is_started_after_it(node: OneNode) -> None:
    """A kubelet that comes up without an API knows no addresses for its pods until it has read its Node."""
    node.vm.stop_daemon("kubelet")
    node.given("web", settle=False)
    node.is_api_up = False

    node.vm.start_daemon("kubelet")
    node.run(5)
    node.is_api_up = True
    node.run(60)

    assert node.said("web")[0].startswith("NetworkNotReady: network is not ready")
    assert node.state("web") == "Running ready=True restarts=0 running:"
