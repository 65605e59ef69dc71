"""Who may do what: rules, bindings, groups, impersonation, and the words of a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench
from rbac_bench import Obj, RbacBench, binding, role, rule


@pytest.fixture
def rbac() -> RbacBench:
    """A server with RBAC on which alice has nothing."""
    return RbacBench()


@pytest.mark.parametrize(
    ("rules", "asked", "allowed"),
    [
        (rule("get", "pods"), "get pods dev web", True),
        (rule("get", "pods"), "list pods dev", False),
        (rule("get", "pods"), "get services dev web", False),
        (rule("get", "pods"), "get pods.apps dev web", False),
        (rule("get", "pods"), "get pods/log dev web", False),
        (rule("get", "pods/log"), "get pods/log dev web", True),
        (rule("get", "pods/log"), "get pods dev web", False),
        (rule("get", "*/log"), "get pods/log dev web", True),
        (rule("get", "*/log"), "get pods/status dev web", False),
        (rule("get", "*/log"), "get pods dev web", False),
        (rule("get", "*"), "get pods/log dev web", True),
        (rule("*", "pods"), "deletecollection pods dev", True),
        (rule("list", "deployments", "apps"), "list deployments.apps dev", True),
        (rule("list", "deployments", "*"), "list deployments.apps dev", True),
        (rule("list", "deployments"), "list deployments.apps dev", False),
        (rule("get", "pods", names="web"), "get pods dev web", True),
        (rule("get", "pods", names="web"), "get pods dev db", False),
        (rule("list", "pods", names="web"), "list pods dev", False),
        (rule("create", "pods", names="web"), "create pods dev", False),
        (rule("get", "nodes"), "get nodes - node-1", True),
    ],
)
def test_a_rule_allows_what_it_names(rbac: RbacBench, rules: Obj, asked: str, allowed: bool) -> None:
    """Source: kubernetes.io, "Using RBAC Authorization", Referring to resources."""
    rbac.given(role("r", rules), binding("r", "alice"))

    assert rbac.may(asked) is allowed


@pytest.mark.parametrize(
    ("urls", "asked", "allowed"),
    [
        ("/logs", "get /logs", True),
        ("/logs", "get /logs/x", False),
        ("/logs/*", "get /logs/x", True),
        ("/logs/*", "get /logs", False),
        ("*", "get /anything", True),
        ("/logs", "post /logs", False),
    ],
)
def test_a_rule_allows_paths(rbac: RbacBench, urls: str, asked: str, allowed: bool) -> None:
    rbac.given(role("r", {"verbs": ["get"], "nonResourceURLs": [urls]}), binding("r", "alice"))

    assert rbac.may(asked) is allowed


def test_a_name_selected_by_a_field_counts_as_a_name(rbac: RbacBench) -> None:
    """Source: kubernetes.io, "Using RBAC Authorization", Referring to resources (list with a field selector)."""
    rbac.given(role("r", rule("list watch", "configmaps", names="color")), binding("r", "alice"))

    assert rbac.may("list configmaps dev", params={"fieldSelector": "metadata.name=color"})
    assert not rbac.may("list configmaps dev", params={"fieldSelector": "metadata.name=other"})
    assert not rbac.may("list configmaps dev", params={"fieldSelector": "metadata.name!=color"})


@pytest.mark.parametrize("first", ["color", "other"])
def test_a_decision_about_one_name_is_none_about_another(rbac: RbacBench, first: str) -> None:
    rbac.given(role("r", rule("get", "configmaps", names="color")), binding("r", "alice"))
    rbac.ask(f"get configmaps dev {first}")

    assert rbac.may("get configmaps dev color")
    assert not rbac.may("get configmaps dev other")


@pytest.mark.parametrize(
    ("who", "user", "allowed"),
    [
        ("alice", "alice", True),
        ("alice", "bob", False),
        ("group:devs", "alice", False),
        ("group:system:authenticated", "alice", True),
        ("group:system:authenticated", "system:anonymous", False),
        ("group:system:unauthenticated", "", True),
        ("dev/robot", "system:serviceaccount:dev:robot", True),
        ("dev/robot", "system:serviceaccount:default:robot", False),
        ("group:system:serviceaccounts", "system:serviceaccount:dev:robot", True),
        ("group:system:serviceaccounts:dev", "system:serviceaccount:dev:robot", True),
        ("group:system:serviceaccounts:dev", "system:serviceaccount:default:robot", False),
        ("system:serviceaccount:dev:robot", "system:serviceaccount:dev:robot", True),
    ],
)
def test_a_binding_is_for_its_subjects(rbac: RbacBench, who: str, user: str, allowed: bool) -> None:
    """Source: kubernetes.io, "Using RBAC Authorization", Referring to subjects."""
    rbac.given(role("r", rule("get", "pods")), binding("r", who))

    assert rbac.may("get pods dev web", user) is allowed


def test_a_group_of_the_credentials_counts(rbac: RbacBench) -> None:
    rbac.given(role("r", rule("get", "pods")), binding("r", "group:devs"))

    assert rbac.may("get pods dev web", groups=("devs",))


@pytest.mark.parametrize(
    ("kind", "asked", "allowed"),
    [
        ("Role", "get pods dev web", True),
        ("Role", "get pods default web", False),
        ("Role", "list pods", False),
        ("ClusterRole", "get pods dev web", True),
        ("ClusterRole", "get pods default web", False),
        ("ClusterRole", "get nodes - node-1", False),
    ],
)
def test_a_role_binding_holds_in_its_namespace(rbac: RbacBench, kind: str, asked: str, allowed: bool) -> None:
    rules, place = rule("get list", "pods nodes"), "dev" if kind == "Role" else ""
    rbac.given(role("r", rules, namespace=place), binding("r", "alice", namespace="dev", kind=kind))

    assert rbac.may(asked) is allowed


def test_what_is_taken_away_is_gone_at_once(rbac: RbacBench) -> None:
    rbac.given(role("r", rule("get", "pods")), binding("r", "alice"))
    assert rbac.may("get pods dev web")

    rbac.admin.delete("ClusterRoleBinding", "r")

    assert not rbac.may("get pods dev web")


def test_what_a_role_gains_its_holders_gain_at_once(rbac: RbacBench) -> None:
    rbac.given(role("r", rule("get", "pods")), binding("r", "alice"))
    assert not rbac.may("list pods dev")

    rbac.admin.patch("ClusterRole", "r", "", {"rules": [rule("list", "pods")]}, type="merge")

    assert rbac.may("list pods dev")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("list pods dev", 'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the '
                          'namespace "dev"'),
        ("get pods dev web", 'pods "web" is forbidden: User "alice" cannot get resource "pods" in API group "" in the '
                             'namespace "dev"'),
        ("list nodes", 'nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster '
                       "scope"),
        ("patch deployments.apps dev web",
         'deployments.apps "web" is forbidden: User "alice" cannot patch resource "deployments" in API group "apps" '
         'in the namespace "dev"'),
        ("create pods/eviction dev web",
         'pods "web" is forbidden: User "alice" cannot create resource "pods/eviction" in API group "" in the '
         'namespace "dev"'),
        ("get /metrics", 'forbidden: User "alice" cannot get path "/metrics"'),
        ("list unheards.example.com dev",
         'unheards.example.com is forbidden: User "alice" cannot list resource "unheards" in API group "example.com" '
         'in the namespace "dev"'),
    ],
)  # fmt: skip
def test_a_refusal_says_who_may_not_do_what_where(rbac: RbacBench, asked: str, text: str) -> None:
    """Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go."""
    answer = rbac.ask(asked)

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (403, "Forbidden", text)


def test_a_refusal_tells_of_roles_that_are_missing(rbac: RbacBench) -> None:
    """Source: plugin/pkg/auth/authorizer/rbac/rbac.go, Authorize."""
    rbac.given(binding("gone", "alice"))

    text = rbac.ask("list nodes").body["message"]

    assert text.endswith('at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found')


def test_details_name_the_object(rbac: RbacBench) -> None:
    details = rbac.ask("patch deployments.apps dev web").body["details"]

    assert details == {"name": "web", "group": "apps", "kind": "deployments"}


@pytest.mark.parametrize("user", ["system:apiserver", "kubernetes-super-admin", "kubernetes-admin"])
def test_admins_may_everything(rbac: RbacBench, user: str) -> None:
    """Source: kubernetes.io, "PKI certificates and requirements", Configure certificates for user accounts."""
    assert rbac.may("deletecollection nodes", user) and rbac.may("get /metrics", user)


def test_masters_stay_masters_without_any_role(rbac: RbacBench) -> None:
    """Source: pkg/kubeapiserver/authorizer/config.go (the privileged group comes before all modes)."""
    rbac.admin.delete("ClusterRoleBinding", "cluster-admin")

    assert rbac.may("list nodes", "root", groups=("system:masters",))


WISHES: list[tuple[Obj, dict[str, Any], str]] = [
    (rule("impersonate", "users"), {"as_user": "bob"}, ""),
    (rule("impersonate", "users", names="bob"), {"as_user": "bob"}, ""),
    (rule("impersonate", "users", names="bob"), {"as_user": "eve"}, 'users "eve"'),
    (rule("impersonate", "users"), {"as_user": "bob", "as_groups": ("devs",)}, 'groups "devs"'),
    (rule("impersonate", "users groups"), {"as_user": "bob", "as_groups": ("devs",)}, ""),
    (rule("impersonate", "users"), {"as_user": "system:serviceaccount:dev:bot"}, 'serviceaccounts "bot"'),
    (rule("impersonate", "serviceaccounts"), {"as_user": "system:serviceaccount:dev:bot"}, ""),
    (rule("get", "users"), {"as_user": "bob"}, 'users "bob"'),
]


@pytest.mark.parametrize(("rules", "wish", "refused"), WISHES)
def test_who_wants_to_be_another_must_be_allowed_to(
    rbac: RbacBench, rules: Obj, wish: dict[str, Any], refused: str
) -> None:
    """Source: kubernetes.io, "User Impersonation"; endpoints/filters/impersonation."""
    rbac.given(role("r", rules), binding("r", "alice"))

    answer = rbac.ask("get /version", **wish)

    assert (answer.code, answer.body.get("message", "").partition(" is forbidden")[0]) == (
        403 if refused else 200,
        refused,
    )


@pytest.mark.parametrize(
    ("as_user", "as_groups", "groups"),
    [
        ("bob", (), ["system:authenticated"]),
        ("bob", ("devs",), ["devs", "system:authenticated"]),
        ("bob", ("system:authenticated", "devs"), ["system:authenticated", "devs"]),
        ("kubernetes-admin", (), ["system:authenticated"]),
        ("system:node:node-1", (), ["system:authenticated"]),
        ("system:anonymous", (), ["system:unauthenticated"]),
        ("system:serviceaccount:dev:bot", (),
         ["system:serviceaccounts", "system:serviceaccounts:dev", "system:authenticated"]),
        ("system:serviceaccount:dev:bot", ("devs",), ["devs", "system:authenticated"]),
    ],
)  # fmt: skip
def test_an_impersonated_user_has_the_groups_that_are_asked_for(
    rbac: RbacBench, as_user: str, as_groups: tuple[str, ...], groups: list[str]
) -> None:
    """Source: staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation.go (WithImpersonation)."""
    client = rbac.admin.impersonating(as_user, as_groups)
    rbac.given(role("ask", rule("create", "selfsubjectreviews", "authentication.k8s.io")),
               binding("ask", "group:system:unauthenticated"))  # fmt: skip

    review = client.create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})

    assert review["status"]["userInfo"] == {"username": as_user, "groups": groups}


def test_groups_without_a_user_are_no_impersonation(rbac: RbacBench) -> None:
    assert rbac.ask("get /version", as_groups=("devs",)).code == 500


def test_the_record_names_who_really_asked_and_for_whom(rbac: RbacBench) -> None:
    rbac.ask("list pods dev", "kubernetes-admin", as_user="bob")

    entry = rbac.api.audit.entries[-1]

    assert (entry.user, entry.as_user, entry.code) == ("kubernetes-admin", "bob", 403)


def test_without_a_policy_everybody_may_everything(api: ApiBench) -> None:
    assert api.request("list", "nodes").code == 200
    assert api.request("list", "clusterroles", "rbac.authorization.k8s.io").body["items"] == []
