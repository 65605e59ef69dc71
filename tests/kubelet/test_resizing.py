"""Pods that are resized in place.

Source: pkg/kubelet/allocation/allocation_manager.go; kubernetes.io, "Resize CPU and Memory Resources assigned to
Containers": conditions, resizePolicy, what is infeasible and what is deferred.
"""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.objects import get_condition

Obj = dict[str, Any]

HALF = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}
RESTART = [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]


@pytest.fixture
def node() -> OneNode:
    """4 CPUs, 8Gi."""
    return OneNode()


def resize(node: OneNode, name: str = "p", **resources: Any) -> None:
    body = {"spec": {"containers": [{"name": "main", "resources": resources}]}}
    node.client.patch("Pod", name, "default", body, subresource="resize")
    node.loop.settle()


def status(node: OneNode, name: str = "p") -> Obj:
    found: Obj = node.pod(name)["status"]["containerStatuses"][0]
    return found


def condition(node: OneNode, type: str, name: str = "p") -> tuple[str, str] | None:
    """Reason and message."""
    found = get_condition(node.pod(name), type)
    return None if found is None else (found.get("reason", ""), found.get("message", ""))


def limits(node: OneNode) -> tuple[int, int, int]:
    """What the machine's runtime gives the container: CPU wanted and at most, memory at most in Mi."""
    (sandbox,) = [one for one in node.kubelet.runtime.sandboxes.values() if one.name == "p"]
    given = sandbox.containers["main"].config.limits
    return given.cpu_request_m, given.cpu_limit_m, given.memory_limit_bytes // 2**20


def test_what_a_container_has_is_told(node: OneNode) -> None:
    node.given("p", container={"resources": HALF})

    assert status(node)["resources"] == HALF
    assert status(node)["allocatedResources"] == HALF["requests"]


def test_a_container_gets_more_without_a_restart(node: OneNode) -> None:
    node.given("p", container={"resources": HALF})

    resize(node, requests={"cpu": "700m"}, limits={"cpu": "2", "memory": "3Gi"})

    assert (limits(node), status(node)["restartCount"]) == ((700, 2000, 3072), 0)
    assert status(node)["allocatedResources"] == {"cpu": "700m", "memory": "1Gi"}
    assert status(node)["resources"]["limits"] == {"cpu": "2", "memory": "3Gi"}


def test_events_tell_of_it(node: OneNode) -> None:
    """Source: pkg/kubelet/events/event.go (PodResizeStartedMsg, PodResizeCompletedMsg)."""
    node.given("p", container={"resources": {"requests": {"cpu": "1"}}})

    resize(node, requests={"cpu": "2"})

    summary = '{"containers":[{"name":"main","resources":{"requests":{"cpu":"2"}}}],"generation":2}'
    assert node.said("p")[-2:] == [
        f"ResizeStarted: Pod resize started: {summary}",
        f"ResizeCompleted: Pod resize completed: {summary}",
    ]


@pytest.mark.parametrize(
    ("wanted", "restarts"),
    [({"limits": {"memory": "3Gi"}}, 1), ({"limits": {"cpu": "2"}}, 0), ({"requests": {"memory": "1500Mi"}}, 0)],
)
def test_a_policy_may_want_a_restart(node: OneNode, wanted: Obj, restarts: int) -> None:
    """Source: kubernetes.io, "Container resize policies"; a request for memory is no limit."""
    node.given("p", container={"resources": HALF, "resizePolicy": RESTART})

    resize(node, **wanted)

    assert status(node)["restartCount"] == restarts
    assert ("Killing: Container main resize requires restart" in node.said("p")) == bool(restarts)
    assert (condition(node, "PodResizeInProgress"), condition(node, "PodResizePending")) == (None, None)


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ({"cpu": "5"}, "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000"),
        ({"memory": "64Gi"}, "Node didn't have enough capacity: memory, requested: 68719476736, capacity: 17075011584"),
    ],
)
def test_what_no_node_could_give_is_infeasible(node: OneNode, requests: Obj, message: str) -> None:
    """Source: "Infeasible"; the pod runs on with what it has."""
    node.given("p", container={"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}})

    resize(node, requests=requests)

    assert condition(node, "PodResizePending") == ("Infeasible", message)
    assert (limits(node)[0], status(node)["allocatedResources"]) == (1000, {"cpu": "1", "memory": "1Gi"})
    assert node.said("p")[-1].startswith("ResizeInfeasible: Pod resize Infeasible: {")


def test_what_others_have_is_waited_for(node: OneNode) -> None:
    """Source: "Deferred": it is given when the others have gone."""
    node.given("other", container={"resources": {"requests": {"cpu": "3"}}})
    node.given("p", container={"resources": {"requests": {"cpu": "500m"}}})

    resize(node, requests={"cpu": "2"})
    waits = condition(node, "PodResizePending")
    node.client.delete("Pod", "other", "default")
    node.loop.settle()

    text = "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000"
    assert waits == ("Deferred", text)
    assert (condition(node, "PodResizePending"), limits(node)[0]) == (None, 2000)


def test_room_that_another_gives_back_is_used(node: OneNode) -> None:
    node.given("other", container={"resources": {"requests": {"cpu": "3"}}})
    node.given("p", container={"resources": {"requests": {"cpu": "500m"}}})
    resize(node, requests={"cpu": "2"})

    resize(node, "other", requests={"cpu": "1"})

    assert (condition(node, "PodResizePending"), limits(node)[0]) == (None, 2000)


def test_a_wish_that_is_taken_back_is_forgotten(node: OneNode) -> None:
    node.given("p", container={"resources": {"requests": {"cpu": "1"}}})
    resize(node, requests={"cpu": "5"})

    resize(node, requests={"cpu": "1"})

    assert condition(node, "PodResizePending") is None


def test_memory_in_use_is_not_taken_away(node: OneNode) -> None:
    """Source: validateMemoryResizeAction."""
    args = ["--vm", "1", "--vm-bytes", "600M"]
    node.given("p", "polinux/stress", container={"command": ["stress"], "args": args, "resources": HALF})

    resize(node, requests={"memory": "256Mi"}, limits={"memory": "512Mi"})

    found = condition(node, "PodResizeInProgress")
    used = 'attempting to set container "main" memory limit (536870912) below current usage ('
    assert found is not None and found[0] == "Error" and found[1].startswith(used)
    assert (limits(node)[2], status(node)["resources"]["limits"]["memory"]) == (2048, "2Gi")


def test_a_lower_limit_ends_who_grows_beyond_it(node: OneNode) -> None:
    args = ["--vm", "1", "--vm-bytes", "600M"]
    node.given("p", "polinux/stress", container={"command": ["stress"], "args": args, "resources": HALF})
    resize(node, limits={"memory": "1100Mi"})
    sandbox = next(one for one in node.kubelet.runtime.sandboxes.values() if one.name == "p")

    sandbox.containers["main"].meter.memory.add(600 * 2**20)
    node.loop.settle()

    assert status(node)["lastState"]["terminated"]["reason"] == "OOMKilled"


def test_a_limit_that_is_no_more_ends_nobody(node: OneNode) -> None:
    args = ["--vm", "1", "--vm-bytes", "600M"]
    node.given("p", "polinux/stress", container={"command": ["stress"], "args": args, "resources": HALF})
    resize(node, limits={"memory": "4Gi"})
    sandbox = next(one for one in node.kubelet.runtime.sandboxes.values() if one.name == "p")

    sandbox.containers["main"].meter.memory.add(2 * 2**30)
    node.loop.settle()

    assert (limits(node)[2], status(node)["restartCount"]) == (4096, 0)


def test_a_kubelet_that_starts_anew_goes_on(node: OneNode) -> None:
    node.given("other", container={"resources": {"requests": {"cpu": "3"}}})
    node.given("p", container={"resources": {"requests": {"cpu": "500m"}}})
    resize(node, requests={"cpu": "2"})

    node.vm.stop_daemon("kubelet")
    node.vm.start_daemon("kubelet")
    node.loop.settle()

    reason = condition(node, "PodResizePending")
    assert node.pod("p")["status"]["phase"] == "Running"
    assert (reason and reason[0], status(node)["allocatedResources"]) == ("Deferred", {"cpu": "500m"})


def test_new_pods_find_the_room_that_is_left(node: OneNode) -> None:
    node.given("p", container={"resources": {"requests": {"cpu": "1"}}})
    resize(node, requests={"cpu": "3"})

    node.given("late", container={"resources": {"requests": {"cpu": "2"}}})

    assert node.pod("late")["status"]["reason"] == "OutOfcpu"
