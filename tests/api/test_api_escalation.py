"""Nobody gives away more than he has.

Source: kubernetes.io, "Using RBAC Authorization", Privilege escalation prevention and bootstrapping
"""

from __future__ import annotations

import pytest
from api_bench import refused
from rbac_bench import GROUP, Obj, RbacBench, binding, role, rule

from k8slab.client import Client

WRITES = rule("create update patch get", "roles rolebindings clusterroles clusterrolebindings", GROUP)
HELD = rule("get list", "pods pods/log")
ATTEMPT = 'user "alice" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'


@pytest.fixture
def rbac() -> RbacBench:
    """A server on which alice may write roles and bindings, and get and list pods and their logs."""
    bench = RbacBench()
    bench.given(role("alice", WRITES, HELD, rule("watch", "pods", names="web")), binding("alice", "alice"))
    return bench


@pytest.fixture
def alice(rbac: RbacBench) -> Client:
    """Alice's own client."""
    return rbac.client("alice")


@pytest.mark.parametrize(
    "rules",
    [
        rule("get", "pods"),
        rule("get list", "pods pods/log"),
        rule("get", "pods", names="web"),
        rule("watch", "pods", names="web"),
        WRITES,
    ],
)
def test_what_is_held_can_be_granted(alice: Client, rules: Obj) -> None:
    assert alice.create(role("given", rules))["rules"] == [rules]


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        (rule("delete", "pods"), '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}'),
        (rule("get delete patch", "pods"), '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "patch"]}'),
        (rule("get", "pods/exec"), '{APIGroups:[""], Resources:["pods/exec"], Verbs:["get"]}'),
        (rule("get", "pods", "apps"), '{APIGroups:["apps"], Resources:["pods"], Verbs:["get"]}'),
        (rule("get", "*"), '{APIGroups:[""], Resources:["*"], Verbs:["get"]}'),
        (rule("*", "pods"), '{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'),
        (rule("delete", "pods", names="web"),
         '{APIGroups:[""], Resources:["pods"], ResourceNames:["web"], Verbs:["delete"]}'),
        (rule("watch", "pods"), '{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}'),
        (rule("watch", "pods", names="web db"),
         '{APIGroups:[""], Resources:["pods"], ResourceNames:["db"], Verbs:["watch"]}'),
        (rule("get", "secrets nodes"), '{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}\n'
                                       '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'),
        ({"verbs": ["get"], "nonResourceURLs": ["/metrics"]}, '{NonResourceURLs:["/metrics"], Verbs:["get"]}'),
    ],
)  # fmt: skip
def test_what_is_not_held_cannot_be_granted(alice: Client, rules: Obj, missing: str) -> None:
    """Source: pkg/registry/rbac/validation/rule.go, ConfirmNoEscalation; pkg/apis/rbac/v1/evaluation_helpers.go."""
    answer = refused(alice.create, role("given", rules))

    assert answer == (403, "Forbidden", f'clusterroles.{GROUP} "given" is forbidden: {ATTEMPT}{missing}')


def test_neither_can_it_be_added_to_a_role(rbac: RbacBench, alice: Client) -> None:
    rbac.given(role("given", rule("get", "pods")))

    code, _, text = refused(alice.patch, "ClusterRole", "given", "", {"rules": [rule("delete", "pods")]}, type="merge")

    assert code == 403 and text.endswith('Verbs:["delete"]}')


def test_an_edit_that_grants_nothing_needs_no_rights(rbac: RbacBench, alice: Client) -> None:
    """Source: pkg/registry/rbac/helpers.go, IsOnlyMutatingGCFields."""
    rbac.given(role("given", rule("delete", "pods"), namespace=""))

    alice.patch("ClusterRole", "given", "", {"metadata": {"finalizers": ["example.com/wait"]}}, type="merge")

    assert refused(alice.patch, "ClusterRole", "given", "", {"metadata": {"labels": {"a": "b"}}})[0] == 403


@pytest.mark.parametrize("name", ["given", "other"])
def test_escalate_sets_the_rule_aside(rbac: RbacBench, alice: Client, name: str) -> None:
    rbac.given(role("free", rule("escalate", "clusterroles", GROUP, names="given")), binding("free", "alice"))
    wanted = role(name, rule("delete", "pods"))

    assert alice.create(wanted) if name == "given" else refused(alice.create, wanted)[0] == 403


def test_a_binding_needs_what_its_role_grants(rbac: RbacBench, alice: Client) -> None:
    rbac.given(role("small", rule("get", "pods")), role("big", rule("delete", "pods")))

    assert alice.create(binding("small", "bob"))
    code, _, text = refused(alice.create, binding("big", "bob"))

    assert code == 403
    assert text.startswith(f'clusterrolebindings.{GROUP} "big" is forbidden: {ATTEMPT}')


@pytest.mark.parametrize(("role_name", "allowed"), [("big", True), ("other", False)])
def test_bind_sets_the_rule_aside(rbac: RbacBench, alice: Client, role_name: str, allowed: bool) -> None:
    rbac.given(role("big", rule("delete", "pods")), role("other", rule("delete", "pods")))
    rbac.given(role("free", rule("bind", "clusterroles", GROUP, names="big")), binding("free", "alice"))
    wanted = binding(role_name, "bob")

    assert alice.create(wanted) if allowed else refused(alice.create, wanted)[0] == 403


def test_a_binding_to_a_role_that_is_not_there_is_not_found(alice: Client) -> None:
    answer = refused(alice.create, binding("gone", "bob"))

    assert answer == (404, "NotFound", f'clusterroles.{GROUP} "gone" not found')


def test_rights_of_one_namespace_are_granted_there_only(rbac: RbacBench, alice: Client) -> None:
    rbac.given(role("local", rule("delete", "pods"), namespace="dev"), binding("local", "alice", namespace="dev",
                                                                               kind="Role"))  # fmt: skip

    assert alice.create(role("given", rule("delete", "pods"), namespace="dev"))
    assert refused(alice.create, role("given", rule("delete", "pods"), namespace="default"))[0] == 403


def test_to_gather_rules_one_must_hold_all(alice: Client) -> None:
    """Source: pkg/registry/rbac/clusterrole/policybased/storage.go."""
    gathers = {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}

    answer = refused(alice.create, role("all", aggregationRule=gathers))

    why = "must have cluster-admin privileges to use the aggregationRule"
    assert answer == (403, "Forbidden", f'clusterroles.{GROUP} "all" is forbidden: {why}')


def test_the_admin_grants_what_he_likes(rbac: RbacBench) -> None:
    rbac.given(role("all", rule("*", "*", "*"), aggregationRule={"clusterRoleSelectors": [{}]}), binding("all", "bob"))

    assert rbac.may("delete nodes - node-1", "bob")
