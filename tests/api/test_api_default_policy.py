"""The roles and bindings that every cluster is born with.

Source: kubernetes.io, "Using RBAC Authorization", Default roles and role bindings;
plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/*.yaml
"""

from __future__ import annotations

import pytest
from rbac_bench import GROUP, Obj, RbacBench, binding, rule

MARK = "rbac.authorization.kubernetes.io/autoupdate"


@pytest.fixture(scope="module")
def rbac() -> RbacBench:
    """A server with the default policy; alice, edith and vera have admin, edit and view in dev."""
    bench = RbacBench()
    for name, user in (("admin", "alice"), ("edit", "edith"), ("view", "vera")):
        bench.given(binding(name, user, namespace="dev"))
    return bench


@pytest.mark.parametrize(
    ("asked", "users"),
    [
        ("list pods dev", "alice edith vera"),
        ("list pods default", ""),
        ("get pods/log dev web", "alice edith vera"),
        ("create pods dev", "alice edith"),
        ("create pods/exec dev web", "alice edith"),
        ("get secrets dev password", "alice edith"),
        ("create serviceaccounts/token dev robot", "alice edith"),
        ("impersonate serviceaccounts dev robot", "alice edith"),
        ("patch deployments.apps dev web", "alice edith"),
        ("patch deployments/scale.apps dev web", "alice edith"),
        ("list deployments.apps dev", "alice edith vera"),
        ("get endpointslices.discovery.k8s.io dev web", "alice edith vera"),
        ("update endpoints dev web", ""),
        ("create networkpolicies.networking.k8s.io dev", "alice edith"),
        ("get namespaces dev dev", "alice edith vera"),
        ("list resourcequotas dev", "alice edith vera"),
        ("create resourcequotas dev", ""),
        ("patch pods/status dev web", ""),
        (f"create rolebindings.{GROUP} dev", "alice"),
        (f"list roles.{GROUP} dev", "alice"),
        ("create localsubjectaccessreviews.authorization.k8s.io dev", "alice"),
        ("list nodes", ""),
        ("get leases.coordination.k8s.io dev lock", "alice edith"),
    ],
)
def test_admin_edit_and_view_hold_what_they_promise(rbac: RbacBench, asked: str, users: str) -> None:
    may = [user for user in ("alice", "edith", "vera") if rbac.may(asked, user)]

    assert may == users.split()


def test_every_default_role_and_binding_is_marked(rbac: RbacBench) -> None:
    kinds = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
    found = [obj for kind in kinds for obj in rbac.admin.list(kind)]
    marked = [obj for obj in found if (obj["metadata"].get("annotations") or {}).get(MARK) == "true"]

    assert len(marked) > 100
    assert all(obj["metadata"]["labels"]["kubernetes.io/bootstrapping"] == "rbac-defaults" for obj in marked)
    assert all(obj["metadata"]["uid"] and obj["metadata"]["creationTimestamp"] for obj in found)
    assert len({obj["metadata"]["uid"] for obj in found}) == len(found)


def test_view_is_gathered_into_edit_and_edit_into_admin(rbac: RbacBench) -> None:
    roles = [rbac.admin.get("ClusterRole", name) for name in ("view", "edit", "admin")]
    view, edit, admin = ([str(each) for each in role["rules"]] for role in roles)

    assert set(view) < set(edit) < set(admin)
    assert edit[-len(view) :] == view and admin[: len(edit)] == edit


RULES: list[tuple[str, Obj]] = [
    ("cluster-admin", rule("*", "*", "*")),
    ("system:kube-scheduler", rule("create", "bindings pods/binding")),
    ("system:kube-scheduler", rule("get list update watch", "leases", "coordination.k8s.io", "kube-scheduler")),
    ("system:node-proxier", rule("list watch", "endpointslices", "discovery.k8s.io")),
    ("system:coredns", rule("list watch", "endpoints services pods namespaces")),
    ("system:node", rule("patch update", "nodes/status")),
    ("system:kube-controller-manager", rule("list watch", "*", "*")),
    ("system:volume-scheduler", rule("get list patch update watch", "persistentvolumes")),
    ("system:aggregate-to-edit", rule("impersonate", "serviceaccounts")),
    ("system:controller:generic-garbage-collector", rule("delete get list patch update watch", "*", "*")),
    ("system:controller:horizontal-pod-autoscaler", rule("get update", "*/scale", "*")),
    ("system:controller:namespace-controller", rule("delete deletecollection get list watch", "*", "*")),
    ("system:controller:clusterrole-aggregation-controller",
     rule("escalate get list patch update watch", "clusterroles", GROUP)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wanted"), RULES)
def test_a_role_has_its_rule(rbac: RbacBench, name: str, wanted: Obj) -> None:
    assert wanted in rbac.admin.get("ClusterRole", name)["rules"]


@pytest.mark.parametrize(
    ("name", "role_name", "subjects"),
    [
        ("cluster-admin", "cluster-admin", ["Group system:masters"]),
        ("kubeadm:cluster-admins", "cluster-admin", ["Group kubeadm:cluster-admins"]),
        ("kubeadm:node-proxier", "system:node-proxier", ["ServiceAccount kube-proxy"]),
        ("system:coredns", "system:coredns", ["ServiceAccount coredns"]),
        ("system:node", "system:node", []),
        ("system:volume-scheduler", "system:volume-scheduler", ["User system:kube-scheduler"]),
        ("system:public-info-viewer", "system:public-info-viewer",
         ["Group system:authenticated", "Group system:unauthenticated"]),
        ("system:controller:job-controller", "system:controller:job-controller", ["ServiceAccount job-controller"]),
    ],
)  # fmt: skip
def test_a_role_is_bound(rbac: RbacBench, name: str, role_name: str, subjects: list[str]) -> None:
    found = rbac.admin.get("ClusterRoleBinding", name)

    assert found["roleRef"] == {"apiGroup": GROUP, "kind": "ClusterRole", "name": role_name}
    assert [f"{subject['kind']} {subject['name']}" for subject in found.get("subjects") or ()] == subjects


def test_every_binding_refers_to_a_role_that_is_there(rbac: RbacBench) -> None:
    roles = {role["metadata"]["name"] for role in rbac.admin.list("ClusterRole")}

    assert {each["roleRef"]["name"] for each in rbac.admin.list("ClusterRoleBinding")} <= roles


def test_the_policy_is_written_once(rbac: RbacBench) -> None:
    versions = {obj["metadata"]["resourceVersion"] for obj in RbacBench().admin.list("ClusterRole")}

    assert versions == {"3"}  # the bindings came before


def test_anonymous_callers_see_only_what_is_public(rbac: RbacBench) -> None:
    assert rbac.may("get /version", "") and rbac.may("get /healthz", "")
    assert not rbac.may("get /api", "") and not rbac.may("list namespaces", "")
