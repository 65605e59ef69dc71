"""What a kubelet may write: about its own node, its own lease and its own pods.

Source: plugin/pkg/admission/noderestriction/admission.go; kubernetes.io, "Admission Controllers", NodeRestriction
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import refused
from rbac_bench import Obj, RbacBench

from k8slab.client import Client
from k8slab.objects import owner_reference

MIRROR = "kubernetes.io/config.mirror"
FIRST, SECOND = "node-1", "node-2"


@pytest.fixture
def rbac() -> RbacBench:
    """A server with two nodes, and a pod on each."""
    bench = RbacBench()
    for name in (FIRST, SECOND):
        bench.given({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"disk": "ssd"}}})
        bench.given(pod(f"on-{name}", name))
    return bench


@pytest.fixture
def kubelet(rbac: RbacBench) -> Client:
    """The kubelet of the first node."""
    return rbac.client(f"system:node:{FIRST}")


def pod(name: str, node: str, **metadata: Any) -> Obj:
    """A pod that is bound to a node."""
    spec = {"containers": [{"name": "main", "image": "nginx"}], "nodeName": node}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "dev", **metadata}, "spec": spec}


def mirror(rbac: RbacBench, node: str = FIRST, owner: str = FIRST, **owned: Any) -> Obj:
    """A mirror pod as the kubelet of its owner makes it."""
    reference = {**owner_reference(rbac.admin.get("Node", owner)), "controller": True, **owned}
    reference.pop("blockOwnerDeletion", None)
    return pod("static", node, annotations={MIRROR: "hash"}, ownerReferences=[reference])


def told(text: str, name: str = "static") -> str:
    """The words of a refusal about a pod."""
    return f'pods "{name}" is forbidden: {text}'


def test_a_mirror_of_its_own_can_be_made(rbac: RbacBench, kubelet: Client) -> None:
    assert kubelet.create(mirror(rbac))["spec"]["nodeName"] == FIRST


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"node": SECOND}, 'node "node-1" can only create pods with spec.nodeName set to itself'),
        ({"owner": SECOND}, 'node "node-1" can only create pods with an owner reference set to itself'),
        ({"controller": False},
         'node "node-1" can only create pods with a controller owner reference set to itself'),
    ],
)  # fmt: skip
def test_no_other_mirror_can_be_made(rbac: RbacBench, kubelet: Client, changes: dict[str, Any], text: str) -> None:
    assert refused(kubelet.create, mirror(rbac, **changes)) == (403, "Forbidden", told(text))


def test_a_pod_that_mirrors_nothing_cannot_be_made(kubelet: Client) -> None:
    text = f'pod does not have "{MIRROR}" annotation, node "{FIRST}" can only create mirror pods'

    assert refused(kubelet.create, pod("static", FIRST))[2] == told(text)


@pytest.mark.parametrize("node", [FIRST, SECOND])
def test_only_the_status_of_its_own_pods_is_its_to_tell(kubelet: Client, node: str) -> None:
    name = f"on-{node}"
    patch = {"status": {"phase": "Running"}}

    if node == FIRST:
        assert kubelet.patch("Pod", name, "dev", patch, type="merge", subresource="status")
    else:
        text = 'node "node-1" can only update pod status for pods with spec.nodeName set to itself'
        assert refused(kubelet.patch, "Pod", name, "dev", patch, subresource="status")[2] == told(text, name)


def test_labels_are_not_told_with_a_status(kubelet: Client) -> None:
    patch = {"metadata": {"labels": {"app": "other"}}}

    answer = refused(kubelet.patch, "Pod", "on-node-1", "dev", patch, subresource="status")

    assert answer[2] == told('node "node-1" cannot update labels through pod status', "on-node-1")


def test_only_its_own_pods_are_its_to_delete(kubelet: Client) -> None:
    answer = refused(kubelet.delete, "Pod", "on-node-2", "dev")

    assert answer[2] == told('node "node-1" can only delete pods with spec.nodeName set to itself', "on-node-2")
    assert kubelet.delete("Pod", "on-node-1", "dev", grace_s=0)


def test_only_its_own_pods_are_its_to_evict(kubelet: Client) -> None:
    def evict(name: str) -> None:
        metadata = {"name": name, "namespace": "dev"}
        kubelet.evict({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})

    evict("on-node-1")

    text = "node node-1 can only evict pods with spec.nodeName set to itself"
    assert refused(evict, "on-node-2")[2] == told(text, "on-node-2")


@pytest.mark.parametrize(
    ("name", "patch", "text"),
    [
        (FIRST, {"metadata": {"labels": {"disk": "hdd"}}}, ""),
        (FIRST, {"metadata": {"labels": {"node.kubernetes.io/instance-type": "large"}}}, ""),
        (FIRST, {"metadata": {"labels": {"kubernetes.io/arch": "arm64"}}}, ""),
        (SECOND, {"metadata": {"labels": {"disk": "hdd"}}}, 'node "node-1" is not allowed to modify node "node-2"'),
        (FIRST, {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}},
         'node "node-1" is not allowed to modify taints'),
        (FIRST, {"metadata": {"labels": {"node-role.kubernetes.io/db": "", "a.node-restriction.kubernetes.io/b": ""}}},
         "is not allowed to modify labels: a.node-restriction.kubernetes.io/b, node-role.kubernetes.io/db"),
    ],
)  # fmt: skip
def test_a_node_may_change_little_of_itself(kubelet: Client, name: str, patch: Obj, text: str) -> None:
    if not text:
        assert kubelet.patch("Node", name, "", patch, type="merge")
    else:
        assert refused(kubelet.patch, "Node", name, "", patch)[2] == f'nodes "{name}" is forbidden: {text}'


def test_it_registers_nobody_but_itself(kubelet: Client) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-3"}}

    answer = refused(kubelet.create, node)

    assert answer[2] == 'nodes "node-3" is forbidden: node "node-1" is not allowed to modify node "node-3"'


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_it_holds_no_lease_but_its_own(kubelet: Client, name: str) -> None:
    metadata = {"name": name, "namespace": "kube-node-lease"}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": {}}

    if name == FIRST:
        assert kubelet.create(lease)
    else:
        assert refused(kubelet.create, lease)[2].endswith(
            ": can only access node lease with the same name as the requesting node"
        )


def test_others_are_not_held_to_it(rbac: RbacBench) -> None:
    rbac.admin.patch("Node", FIRST, "", {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}, type="merge")

    assert rbac.admin.delete("Pod", "on-node-2", "dev", grace_s=0)
