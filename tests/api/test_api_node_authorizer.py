"""What a kubelet may: read what its own pods need, write about itself.

Source: kubernetes.io, "Using Node Authorization"; plugin/pkg/auth/authorizer/node/node_authorizer.go
"""

from __future__ import annotations

from typing import Any

import pytest
from rbac_bench import Obj, RbacBench, binding, role, rule

KUBELET = "system:node:node-1"
NO_TIE = "no relationship found between node 'node-1' and this object"
MINE = {"params": {"fieldSelector": "spec.nodeName=node-1"}}
OTHERS = {"params": {"fieldSelector": "spec.nodeName=node-2"}}


@pytest.fixture
def rbac() -> RbacBench:
    """A server with RBAC and without pods."""
    return RbacBench()


def pod(name: str, node: str = "node-1", **spec: Any) -> Obj:
    """A pod that is bound to a node."""
    whole: Obj = {"containers": [{"name": "main", "image": "nginx"}], "nodeName": node, **spec}
    metadata = {"name": name, "namespace": "dev"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": whole}


def volume(**source: Any) -> Obj:
    """A pod's spec with one volume."""
    return {"volumes": [{"name": "data", **source}]}


def container(name: str = "main", **fields: Any) -> Obj:
    """A pod's spec with one container."""
    return {"containers": [{"name": name, "image": "nginx", **fields}]}


@pytest.mark.parametrize(
    ("asked", "more", "allowed", "why"),
    [
        ("list pods", MINE, True, ""),
        ("watch pods dev", MINE, True, ""),
        ("list pods", OTHERS, False, "can only list/watch pods with spec.nodeName field selector"),
        ("list pods", {}, False, "can only list/watch pods with spec.nodeName field selector"),
        ("get nodes - node-1", {}, True, ""),
        ("get nodes - node-2", {}, False, "node 'node-1' cannot read 'node-2', only its own Node object"),
        ("list nodes", {}, False, "node 'node-1' cannot read all nodes, only its own Node object"),
        ("list nodes", {"params": {"fieldSelector": "metadata.name=node-1"}}, True, ""),
        ("create nodes", {}, True, ""),
        ("patch nodes/status - node-1", {}, True, ""),
        ("delete nodes - node-1", {}, False, ""),
        ("create pods dev", {}, True, ""),
        ("delete pods dev web", {}, True, ""),
        ("patch pods/status dev web", {}, True, ""),
        ("create pods/eviction dev web", {}, True, ""),
        ("patch pods dev web", {}, False, ""),
        ("create pods/binding dev web", {}, False, ""),
        ("list services", {}, True, ""),
        ("create services dev", {}, False, ""),
        ("create events dev", {}, True, ""),
        ("get secrets dev password", {}, False, NO_TIE),
        ("list secrets dev", {}, False, "No Object name found"),
        ("list secrets", {}, False, "can only read namespaced object of this type"),
        ("create secrets dev", {}, False, "can only read resources of this type"),
        ("get persistentvolumes - disk", {}, False, NO_TIE),
        ("list persistentvolumes", {}, False, "can only get individual resources of this type"),
        ("update leases.coordination.k8s.io kube-node-lease node-1", {}, True, ""),
        ("create leases.coordination.k8s.io kube-node-lease", {}, True, ""),
        ("update leases.coordination.k8s.io kube-node-lease node-2", {}, False,
         "can only access node lease with the same name as the requesting node"),
        ("update leases.coordination.k8s.io default node-1", {}, False,
         'can only access leases in the "kube-node-lease" system namespace'),
        ("list leases.coordination.k8s.io kube-node-lease", {}, False,
         "can only get, create, update, patch, or delete a node lease"),
        ("get csinodes.storage.k8s.io - node-1", {}, True, ""),
        ("get csinodes.storage.k8s.io - node-2", {}, False,
         "can only access CSINode with the same name as the requesting node"),
        ("get /version", {}, True, ""),
        ("list deployments.apps", {}, False, ""),
    ],
)  # fmt: skip
def test_a_kubelet_may_what_nodes_may(
    rbac: RbacBench, asked: str, more: dict[str, Any], allowed: bool, why: str
) -> None:
    answer = rbac.ask(asked, KUBELET, **more)

    assert (answer.code != 403) is allowed
    if why:
        assert answer.body["message"].endswith(f": {why}")


SECRETS: list[tuple[Obj, str]] = [
    (volume(secret={"secretName": "password"}), "secrets"),
    (volume(projected={"sources": [{"secret": {"name": "password"}}]}), "secrets"),
    ({"imagePullSecrets": [{"name": "password"}]}, "secrets"),
    (container(envFrom=[{"secretRef": {"name": "password"}}]), "secrets"),
    (container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "password", "key": "a"}}}]), "secrets"),
    ({"initContainers": container("init", envFrom=[{"secretRef": {"name": "password"}}])["containers"]}, "secrets"),
    (volume(configMap={"name": "password"}), "configmaps"),
    (volume(projected={"sources": [{"configMap": {"name": "password"}}]}), "configmaps"),
    (container(envFrom=[{"configMapRef": {"name": "password"}}]), "configmaps"),
    (container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "password", "key": "a"}}}]), "configmaps"),
    (volume(persistentVolumeClaim={"claimName": "password"}), "persistentvolumeclaims"),
]


@pytest.mark.parametrize(("spec", "resource"), SECRETS)
def test_a_kubelet_reads_what_a_pod_of_its_own_refers_to(rbac: RbacBench, spec: Obj, resource: str) -> None:
    rbac.given(pod("web", **spec), pod("other"))

    assert rbac.may(f"get {resource} dev password", KUBELET)
    assert not rbac.may(f"get {resource} dev another", KUBELET)
    assert not rbac.may(f"get {resource} default password", KUBELET)
    assert not rbac.may(f"get {resource} dev password", "system:node:node-2")


def test_with_the_pod_the_right_ends(rbac: RbacBench) -> None:
    rbac.given(pod("web", **volume(secret={"secretName": "password"})))
    assert rbac.may("get secrets dev password", KUBELET)

    rbac.admin.delete("Pod", "web", "dev", grace_s=0)

    assert not rbac.may("get secrets dev password", KUBELET)


def test_a_volume_is_read_through_its_claim(rbac: RbacBench) -> None:
    disk: Obj = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/srv"}}
    disk["claimRef"] = {"kind": "PersistentVolumeClaim", "namespace": "dev", "name": "data"}
    rbac.given({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "disk"}, "spec": disk})
    assert not rbac.may("get persistentvolumes - disk", KUBELET)

    rbac.given(pod("web", **volume(persistentVolumeClaim={"claimName": "data"})))

    assert rbac.may("get persistentvolumes - disk", KUBELET)


def test_roles_add_to_what_nodes_may(rbac: RbacBench) -> None:
    rbac.given(role("more", rule("list", "nodes")), binding("more", "group:system:nodes"))

    assert rbac.may("list nodes", KUBELET)


def test_a_member_of_the_nodes_that_is_no_node_is_told_so(rbac: RbacBench) -> None:
    text = rbac.ask("list pods", "robot", groups=("system:nodes",)).body["message"]

    assert text.endswith('at the cluster scope: unknown node for user "robot"')


def test_the_name_alone_makes_no_node_of_an_impersonator(rbac: RbacBench) -> None:
    assert not rbac.may("get nodes - node-1", "kubernetes-admin", as_user=KUBELET)
    assert rbac.may("get nodes - node-1", "kubernetes-admin", as_user=KUBELET, as_groups=("system:nodes",))
