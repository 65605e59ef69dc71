"""Every part of a cluster acts in its own name, and is refused nothing that it needs and everything else."""

from __future__ import annotations

from typing import Any

import pytest
from disturbed import Disturbed

from k8slab import Cluster
from k8slab.controllers import CONTROLLERS
from k8slab.wire import Forbidden

Obj = dict[str, Any]

CONTROLLER = "system:serviceaccount:kube-system:"
FEEDS = """
apiVersion: v1
kind: Namespace
metadata: {name: dev}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: dev}
spec: {hard: {pods: "5"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: color, namespace: dev}
data: {COLOR: red}
---
apiVersion: v1
kind: Secret
metadata: {name: password, namespace: dev}
stringData: {PASSWORD: hunter2}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: dev}
spec:
  containers:
  - name: main
    image: nginx
    envFrom: [{configMapRef: {name: color}}, {secretRef: {name: password}}]
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, secret: {secretName: password}}]
"""


@pytest.fixture(scope="module")
def lived() -> Cluster:
    """A cluster that has seen rollouts, Jobs, evictions, dead nodes, and a namespace come and go."""
    cluster = Disturbed(nodes=3, seed=0)
    cluster.declare()
    cluster.run("1m")
    for kind, *what in (("image", "deployment/web", "nginx:1.28"), ("image", "statefulset/db", "httpd:2"),
                        ("scale", "deployment/web", 5), ("drain", "node-1"), ("run", 60), ("fail", "node-2"),
                        ("run", 400), ("recover", "node-2"), ("image", "daemonset/agent", "httpd:2")):  # fmt: skip
        cluster.disturb(kind, *what)
    cluster.heal()
    cluster.apply(FEEDS)
    cluster.run("30s")
    assert "Running" in cluster.kubectl("get pod web -n dev")
    cluster.kubectl("delete namespace dev --wait=false")
    cluster.kubectl("delete deployment web --cascade=foreground --wait=false")
    cluster.run("2m")
    return cluster


def test_nobody_is_refused_what_he_needs(lived: Cluster) -> None:
    entries = [entry for entry in lived.api.audit.entries if entry.namespace != "dev"]  # where a quota may refuse

    assert {f"{e.user} {e.verb} {e.resource}/{e.subresource}" for e in entries if e.code == 403} == set()


def test_everybody_acts_in_his_own_name(lived: Cluster) -> None:
    """Source: kubernetes.io, "Using RBAC Authorization", Core component roles, Roles for built-in controllers."""
    writers = {entry.user for entry in lived.api.audit.entries if entry.revision}
    kubelets = {f"system:node:{name}" for name in lived.nodes}
    known = {cls.name for cls in CONTROLLERS} | {"node-controller", "farm-csi-controller"}

    assert kubelets | {"system:kube-scheduler", "kubernetes-admin", "system:apiserver"} <= writers
    assert {user.removeprefix(CONTROLLER) for user in writers if user.startswith(CONTROLLER)} <= known
    assert all(user.startswith("system:") or user == "kubernetes-admin" for user in writers)


@pytest.mark.parametrize("name", sorted({cls.name for cls in CONTROLLERS}))
def test_every_controller_has_a_role_of_its_own(lived: Cluster, name: str) -> None:
    account = {"taint-eviction-controller": "node-controller", "node-ipam-controller": "node-controller"}.get(
        name, name
    )

    kind, namespace = ("RoleBinding", "kube-system") if name == "token-cleaner" else ("ClusterRoleBinding", "")
    bound = lived.client.get(kind, f"system:controller:{account}", namespace)

    assert bound["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "kube-system"}]


FOREIGN = [
    (f"{CONTROLLER}replicaset-controller", "create deployment x --image=nginx", 'create resource "deployments"'),
    (f"{CONTROLLER}replicaset-controller", "create secret generic x", 'create resource "secrets"'),
    (f"{CONTROLLER}deployment-controller", "run x --image=nginx", 'create resource "pods"'),
    (f"{CONTROLLER}job-controller", "scale statefulset db --replicas=1", 'resource "statefulsets"'),
    (f"{CONTROLLER}pod-garbage-collector", "cordon node-1", 'patch resource "nodes"'),
    (f"{CONTROLLER}coredns", "get secrets -A", 'list resource "secrets"'),
    (f"{CONTROLLER}kube-proxy", "get pods -A", 'list resource "pods"'),
    ("system:kube-scheduler", "run x --image=nginx", 'create resource "pods"'),
    ("system:serviceaccount:default:default", "get pods", 'list resource "pods"'),
]


@pytest.mark.parametrize(("user", "command", "text"), FOREIGN)
def test_what_is_not_in_its_role_is_refused(lived: Cluster, user: str, command: str, text: str) -> None:
    said = lived.kubectl(f"{command} --as={user}")

    assert said.startswith(("Error from server (Forbidden)", "error: failed to create"))
    assert f'User "{user}" cannot' in said and text in said


def test_a_kubelet_reads_no_secret_of_a_stranger(cluster: Cluster) -> None:
    cluster.apply(FEEDS)
    cluster.settle()
    home = cluster.client.get("Pod", "web", "dev")["spec"]["nodeName"]
    stranger = next(name for name in cluster.nodes if name != home)

    assert cluster.client_for(f"system:node:{home}").get("Secret", "password", "dev")
    with pytest.raises(Forbidden, match=f"no relationship found between node '{stranger}' and this object"):
        cluster.client_for(f"system:node:{stranger}").get("Secret", "password", "dev")


def test_a_person_gets_what_an_admin_gives_him(cluster: Cluster) -> None:
    alice = cluster.client_for("alice", groups=["devs"])
    with pytest.raises(Forbidden):
        alice.list("Pod", "default")
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "devs"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    metadata = {"name": "devs", "namespace": "default"}
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
                   "roleRef": role, "subjects": [subject]})  # fmt: skip

    assert alice.list("Pod", "default") == []
    with pytest.raises(Forbidden):
        alice.list("Pod", "kube-system")


def test_what_was_done_in_another_name_is_replayed_so(cluster: Cluster) -> None:
    cluster.kubectl("create configmap mine --as=alice --as-group=system:masters")
    cluster.kubectl("create configmap not-mine --as=alice")

    fork = cluster.fork()

    assert [obj["metadata"]["name"] for obj in fork.client.list("ConfigMap", "default")] == [
        obj["metadata"]["name"] for obj in cluster.client.list("ConfigMap", "default")
    ]
    assert fork.client.get("ConfigMap", "mine", "default") == cluster.client.get("ConfigMap", "mine", "default")


def test_a_question_is_nothing_that_was_done(cluster: Cluster) -> None:
    done = len(cluster.journal.inputs)

    cluster.kubectl("auth can-i list pods --as=alice")

    assert len(cluster.journal.inputs) == done
