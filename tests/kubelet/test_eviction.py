"""A node that runs out of memory or disk."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.kubelet.eviction import PodUse, local_problem, low_message, ranked, refusal_message
from k8slab.objects import get_condition
from k8slab.world import Behaviour, Container, Zeros

MIB, GIB = 1024**2, 1024**3
CRITICAL = 2_000_001_000


def use(name: str, memory: int = 0, asked: str = "0", priority: int = 0, *, disk: int = 0, **spec: Any) -> PodUse:
    """What a pod of one container takes, in MiB."""
    resources = {"requests": {"memory": asked, "ephemeral-storage": asked}}
    container = {"name": "main", "resources": resources}
    pod = {"metadata": {"name": name}, "spec": {"containers": [container], "priority": priority, **spec}}
    return PodUse(pod, {"main": memory * MIB}, {"main": disk * MIB}, {})


@pytest.mark.parametrize(
    ("uses", "order"),
    [
        ([use("small", 10), use("large", 20)], ["large", "small"]),
        ([use("within", 500, "600Mi"), use("beyond", 20)], ["beyond", "within"]),
        ([use("high", 500, priority=10), use("low", 20)], ["low", "high"]),
        ([use("high", 500, priority=10), use("low", 20, "1Gi")], ["high", "low"]),
        ([use("a", 100, "90Mi"), use("b", 50, "20Mi")], ["b", "a"]),
    ],
)
def test_pods_leave_by_what_they_take_beyond_their_requests_and_by_priority(
    uses: list[PodUse], order: list[str]
) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Pod selection for kubelet eviction"; rankMemoryPressure."""
    assert [one.pod["metadata"]["name"] for one in ranked(uses, "memory")] == order


def test_disk_ranks_in_the_same_way() -> None:
    """Source: pkg/kubelet/eviction/helpers.go, rankDiskPressureFunc."""
    uses = [use("a", 900, disk=1), use("b", 1, disk=900)]

    assert [one.pod["metadata"]["name"] for one in ranked(uses, "ephemeral-storage")] == ["b", "a"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (use("a", 300), "Container main was using 300Mi, request is 0, has larger consumption of memory. "),
        (
            use("a", 300, "100Mi"),
            "Container main was using 300Mi, request is 100Mi, has larger consumption of memory. ",
        ),
        (use("a", 300, "1Gi"), ""),
    ],
)
def test_the_message_tells_what_ran_out_and_who_took_more_than_asked_for(given: PodUse, told: str) -> None:
    """Source: pkg/kubelet/eviction/helpers.go, evictionMessage."""
    low = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 93Mi. "

    assert low_message("memory", 100 * MIB, 93 * MIB, given) == low + told


@pytest.mark.parametrize(
    ("qos", "spec", "conditions", "refused"),
    [
        ("BestEffort", {}, (), False),
        ("BestEffort", {}, ("MemoryPressure",), True),
        ("Burstable", {}, ("MemoryPressure",), False),
        ("Burstable", {}, ("DiskPressure",), True),
        ("Guaranteed", {}, ("MemoryPressure", "DiskPressure"), True),
        ("BestEffort", {"priority": CRITICAL}, ("DiskPressure",), False),
        ("BestEffort", {"tolerations": [{"operator": "Exists"}]}, ("MemoryPressure",), False),
        ("BestEffort", {"tolerations": [{"operator": "Exists"}]}, ("DiskPressure",), True),
    ],
)
def test_a_node_under_pressure_refuses_pods(qos: str, spec: Any, conditions: tuple[str, ...], refused: bool) -> None:
    """Source: pkg/kubelet/eviction/eviction_manager.go, Admit."""
    message = refusal_message({"spec": spec, "status": {"qosClass": qos}}, conditions)

    assert message == (f"The node had condition: [{' '.join(conditions)}]. " if refused else "")


def container(node: OneNode, name: str) -> Container:
    """The one container of a pod."""
    sandbox = next(one for one in node.vm.runtime.sandboxes.values() if one.name == name)
    return sandbox.containers["main"]


def taking(node: OneNode, name: str, mebibytes: int, **spec: Any) -> None:
    """A running pod that takes so much memory."""
    node.given(name, **spec)
    behaviour = container(node, name).behaviour
    assert behaviour is not None
    behaviour.use(memory_bytes=mebibytes * MIB)


def leave_memory(node: OneNode, mebibytes: int) -> None:
    """Have a process of the machine take all memory but so much."""
    node.vm.occupy()
    node.vm.occupy(memory_bytes=int(node.vm.memory_bytes - node.vm.memory.value) - mebibytes * MIB)


def status(node: OneNode, name: str) -> str:
    """The status of a node's condition."""
    found = get_condition(node.client.get("Node", "node-1"), name)
    assert found is not None
    return f"{found['status']} {found['reason']}"


def test_the_pod_that_takes_most_is_evicted_when_memory_runs_out(node: OneNode) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction"; pkg/kubelet/eviction/eviction_manager.go, synchronize."""
    taking(node, "small", 50)
    taking(node, "large", 500)

    leave_memory(node, 60)
    node.run(20)

    large = node.pod("large")["status"]
    message = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi. "
        "Container main was using 500Mi, request is 0, has larger consumption of memory. "
    )
    assert (large["phase"], large["reason"], large["message"]) == ("Failed", "Evicted", message)
    target = get_condition(node.pod("large"), "DisruptionTarget")
    assert target is not None and (target["reason"], target["message"]) == ("TerminationByKubelet", message)
    assert f"Evicted: {message}" in node.said("large")
    assert node.state("small").startswith("Running ready=True")


def test_the_node_tells_of_the_pressure_until_five_minutes_after_it(node: OneNode) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Node condition oscillation" (5m0s)."""
    taking(node, "large", 500)

    leave_memory(node, 60)
    node.run(25)
    during = status(node, "MemoryPressure")
    node.run(270)
    later = status(node, "MemoryPressure")
    node.run(50)

    assert during == later == "True KubeletHasInsufficientMemory"
    assert status(node, "MemoryPressure") == "False KubeletHasSufficientMemory"
    said = {event["reason"]: event["count"] for event in node.client.list("Event")}
    assert (said["EvictionThresholdMet"], said["NodeHasInsufficientMemory"], said["NodeHasSufficientMemory"]) == (
        1,
        1,
        2,
    )


def test_nothing_is_looked_at_while_there_is_enough(node: OneNode) -> None:
    node.given("web")
    node.run(60)
    beats = node.loop._order

    node.run(600)

    assert node.loop._order - beats <= 60 * 3  # the Lease, ten seconds after ten seconds, and what it brings


@pytest.mark.parametrize(
    ("container_spec", "refused"), [({}, True), ({"resources": {"requests": {"memory": "10Mi"}}}, False)]
)
def test_a_new_best_effort_pod_is_refused_under_memory_pressure(
    node: OneNode, container_spec: Any, refused: bool
) -> None:
    """Source: pkg/kubelet/eviction/eviction_manager.go, Admit; pkg/kubelet/kubelet.go, rejectPod."""
    taking(node, "large", 500)
    leave_memory(node, 60)
    node.run(15)

    node.given("new", container=container_spec)

    text = "Pod was rejected: The node had condition: [MemoryPressure]. "
    new = node.pod("new")["status"]
    assert new["phase"] == ("Failed" if refused else "Running")
    assert (new.get("reason"), new.get("message")) == (("Evicted", text) if refused else (None, None))


def test_critical_pods_stay(node: OneNode) -> None:
    """Source: pkg/kubelet/eviction/eviction_manager.go, evictPod."""
    node.client.create({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": CRITICAL,
                        "metadata": {"name": "system-node-critical"}})  # fmt: skip
    taking(node, "agent", 500, priorityClassName="system-node-critical")

    leave_memory(node, 60)
    node.run(60)

    assert node.state("agent").startswith("Running") and status(node, "MemoryPressure").startswith("True")


def test_one_pod_after_the_other_leaves_until_there_is_enough(node: OneNode) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction": at most one pod at a time."""
    for number in range(4):
        taking(node, f"web-{number}", 20 + number)

    leave_memory(node, 60)
    node.run(60)

    evicted = [name for name in map("web-{}".format, range(4)) if node.pod(name)["status"]["phase"] == "Failed"]
    assert evicted == ["web-2", "web-3"]


def test_a_kernel_without_memory_does_not_wait_for_the_kubelet(node: OneNode) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Node out of memory behavior"; oom_watcher_linux.go."""
    taking(node, "large", 500)

    leave_memory(node, -10)
    node.run(2)

    last = node.pod("large")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")
    assert any(
        text.startswith("SystemOOM: System OOM encountered, victim process: nginx") for text in node.said("node-1")
    )


def test_a_slow_leak_is_met_at_the_first_look_after_the_threshold(node: OneNode) -> None:
    class Leaky(Behaviour):
        def start(self) -> None:
            self.use(leak_bytes_per_s=MIB)

    node.world.images.register("shop/leaky", Leaky)
    node.given("leaky", "shop/leaky")
    leave_memory(node, 100 + 33)

    node.run(32)
    before = node.pod("leaky")["status"]["phase"]
    node.run(20)

    assert (before, node.pod("leaky")["status"]["reason"]) == ("Running", "Evicted")


def leave_disk(node: OneNode, missing_bytes: int) -> None:
    """Have so much less than 15 % of the disk left."""
    node.vm.occupy(disk_bytes=int(node.vm.disk_bytes * 0.85 - node.vm.disk.value) + missing_bytes)


def test_images_that_nobody_uses_are_removed_before_a_pod_has_to_leave(node: OneNode) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Reclaiming node level resources"."""
    node.given("old", "postgres:17", container={"env": [{"name": "POSTGRES_PASSWORD", "value": "x"}]})
    node.client.delete("Pod", "old", "default")
    node.given("web")

    leave_disk(node, 10 * MIB)
    node.run(30)

    assert list(node.vm.runtime.images) == ["nginx:1.27"]
    assert node.state("web").startswith("Running") and status(node, "DiskPressure") == "True KubeletHasDiskPressure"


def test_the_pod_that_takes_most_disk_is_evicted_when_the_disk_is_full(node: OneNode) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Hard eviction thresholds" (imagefs.available<15%)."""
    for name, size in (("small", MIB), ("large", 5 * MIB)):
        mount = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
        node.given(name, volumes=[{"name": "v", "emptyDir": {}}], container=mount)
        container(node, name).files["/v/x"] = Zeros(size)

    leave_disk(node, 3 * MIB)
    node.run(15)

    large = node.pod("large")["status"]
    assert (large["reason"], node.pod("small")["status"]["phase"]) == ("Evicted", "Running")
    low = "The node was low on resource: ephemeral-storage. Threshold quantity: 15763389861, available: "
    assert large["message"].startswith(low)


def local(name: str) -> Any:
    """How three kinds of pods exceed what they may have on disk."""
    mount = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    return {
        "volume": ({"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Mi"}}], "container": mount}, 0),
        "container": ({"container": {"resources": {"limits": {"ephemeral-storage": "1Mi"}}}}, 2 * MIB),
        "fine": ({"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "3Mi"}}], "container": mount}, 0),
    }[name]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("volume", 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". '),
        ("container", "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. "),
        ("fine", ""),
    ],
)
def test_a_pod_that_takes_more_disk_than_it_may_is_evicted(node: OneNode, kind: str, message: str) -> None:
    """Source: pkg/kubelet/eviction/eviction_manager.go, localStorageEviction."""
    spec, written = local(kind)
    node.given("web", **spec)

    if written:
        container(node, "web").behaviour.use(disk_bytes=written)  # type: ignore[union-attr]
    else:
        container(node, "web").files["/v/x"] = Zeros(2 * MIB)
    node.run(15)

    ended = node.pod("web")["status"]
    assert (ended.get("reason"), ended.get("message")) == (("Evicted", message) if message else (None, None))
    assert get_condition(node.pod("web"), "DisruptionTarget") is None


def test_one_container_may_exceed_its_limit_while_the_pod_as_a_whole_does_not() -> None:
    """Source: pkg/kubelet/eviction/eviction_manager.go, containerEphemeralStorageLimitEviction."""
    limits = ({"name": name, "resources": {"limits": {"ephemeral-storage": "1Mi"}}} for name in ("a", "b"))
    taken = PodUse({"spec": {"containers": list(limits)}}, {}, {"a": 3 * MIB // 2}, {})

    assert local_problem(taken) == 'Container a exceeded its local ephemeral storage limit "1Mi". '


def test_a_kubelet_that_was_started_again_watches_too(node: OneNode) -> None:
    taking(node, "large", 500)
    node.vm.stop_daemon("kubelet")
    node.vm.start_daemon("kubelet")
    node.run(5)

    leave_memory(node, 60)
    node.run(20)

    assert node.pod("large")["status"]["reason"] == "Evicted"


def test_a_kubelet_that_is_gone_leaves_nothing_behind(node: OneNode) -> None:
    before = len(node.vm.memory._alarms), len(node.vm.disk._alarms)

    for _ in range(3):
        node.vm.stop_daemon("kubelet")
        node.vm.start_daemon("kubelet")
        node.run(5)

    assert (len(node.vm.memory._alarms), len(node.vm.disk._alarms)) == before == (2, 2)
