"""Questions to the authorizer, asked by creating an object that is never stored."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, refused
from rbac_bench import Obj, RbacBench, binding, role, rule

GET_PODS = {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "dev"}}
WHY = 'RBAC: allowed by ClusterRoleBinding "reader" of ClusterRole "reader" to User "alice"'


@pytest.fixture
def rbac() -> RbacBench:
    """A server on which alice may get pods."""
    bench = RbacBench()
    bench.given(role("reader", rule("get", "pods")), binding("reader", "alice"))
    return bench


def review(kind: str, spec: Obj | None = None, namespace: str = "", group: str = "authorization") -> Obj:
    """A review as it is sent."""
    metadata = {"namespace": namespace} if namespace else {}
    made: Obj = {"apiVersion": f"{group}.k8s.io/v1", "kind": kind, "metadata": metadata}
    return made if spec is None else {**made, "spec": spec}


@pytest.mark.parametrize(
    ("attributes", "allowed"),
    [
        ({"verb": "get", "resource": "pods", "namespace": "dev"}, True),
        ({"verb": "get", "resource": "pods"}, True),
        ({"verb": "list", "resource": "pods"}, False),
        ({"verb": "get", "resource": "pods", "subresource": "log"}, False),
        ({"verb": "get", "resource": "pods", "group": "apps"}, False),
    ],
)
def test_may_i(rbac: RbacBench, attributes: Obj, allowed: bool) -> None:
    """Source: kubernetes.io, "Authorization", Checking API access."""
    answer = rbac.client("alice").create(review("SelfSubjectAccessReview", {"resourceAttributes": attributes}))

    assert answer["status"] == ({"allowed": True, "reason": WHY} if allowed else {"allowed": False})
    assert answer["spec"] == {"resourceAttributes": attributes}


@pytest.mark.parametrize(("path", "allowed"), [("/version", True), ("/metrics", False)])
def test_may_i_about_paths(rbac: RbacBench, path: str, allowed: bool) -> None:
    spec = {"nonResourceAttributes": {"verb": "get", "path": path}}

    assert rbac.client("alice").create(review("SelfSubjectAccessReview", spec))["status"]["allowed"] is allowed


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"user": "alice"}, {"allowed": True, "reason": WHY}),
        ({"user": "bob"}, {"allowed": False}),
        ({"user": "bob", "groups": ["system:masters"]}, {"allowed": True}),
        ({"groups": ["devs"]}, {"allowed": False}),
    ],
)
def test_may_somebody_else(rbac: RbacBench, who: Obj, status: Obj) -> None:
    """The groups are exactly those that are asked about. Source: pkg/registry/authorization/subjectaccessreview."""
    answer = rbac.admin.create(review("SubjectAccessReview", {**who, **GET_PODS}))

    assert answer["status"] == status


def test_the_reason_names_binding_role_and_subject(rbac: RbacBench) -> None:
    """Source: pkg/registry/rbac/validation/rule.go, roleBindingDescriber."""
    rbac.given(role("local", rule("get", "pods"), namespace="dev"))
    rbac.given(binding("local", "dev/robot", namespace="dev", kind="Role"))
    spec = {"user": "system:serviceaccount:dev:robot", **GET_PODS}

    answer = rbac.admin.create(review("SubjectAccessReview", spec))

    why = 'RBAC: allowed by RoleBinding "local/dev" of Role "local" to ServiceAccount "robot/dev"'
    assert answer["status"] == {"allowed": True, "reason": why}


def test_a_local_review_is_about_its_namespace(rbac: RbacBench) -> None:
    answer = rbac.admin.create(review("LocalSubjectAccessReview", {"user": "alice", **GET_PODS}, namespace="dev"))

    assert answer["status"]["allowed"] is True


RESOURCE = {"verb": "get", "resource": "pods"}
EITHER = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


@pytest.mark.parametrize(
    ("kind", "spec", "text"),
    [
        ("SelfSubjectAccessReview", {}, f"spec.resourceAttributes: Invalid value: null: {EITHER}"),
        ("SelfSubjectAccessReview", {"resourceAttributes": RESOURCE, "nonResourceAttributes": {"path": "/"}},
         'spec.nonResourceAttributes: Invalid value: {"path":"/"}: cannot be specified in combination with '
         "resourceAttributes"),
        ("SubjectAccessReview", {"resourceAttributes": RESOURCE},
         'spec.user: Invalid value: "": at least one of user or group must be specified'),
        ("LocalSubjectAccessReview", {"user": "a", "resourceAttributes": {**RESOURCE, "namespace": "default"}},
         'spec.resourceAttributes.namespace: Invalid value: "default": must match metadata.namespace'),
    ],
)  # fmt: skip
def test_a_bad_question_is_refused(rbac: RbacBench, kind: str, spec: Obj, text: str) -> None:
    """Source: pkg/apis/authorization/validation/validation.go."""
    namespace = "dev" if kind.startswith("Local") else ""

    answer = refused(rbac.admin.create, review(kind, spec, namespace=namespace))

    assert answer == (422, "Invalid", f'{kind}.authorization.k8s.io "" is invalid: {text}')


def test_what_may_i_here(rbac: RbacBench) -> None:
    rbac.given(role("local", rule("list", "pods", names="web"), namespace="dev"))
    rbac.given(binding("local", "alice", namespace="dev", kind="Role"))

    status = rbac.client("alice").create(review("SelfSubjectRulesReview", {"namespace": "dev"}))["status"]

    assert status["resourceRules"][0] == rule("get", "pods")
    assert status["resourceRules"][-1] == rule("list", "pods", names="web")
    assert {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]} in status[
        "nonResourceRules"
    ]
    assert status["incomplete"] is False


def test_what_a_kubelet_may_cannot_be_listed(rbac: RbacBench) -> None:
    client = rbac.client("system:node:node-1")

    status = client.create(review("SelfSubjectRulesReview", {"namespace": "dev"}))["status"]

    assert (status["incomplete"], status["evaluationError"]) == (
        True,
        "node authorizer does not support user rule resolution",
    )


def test_rules_are_those_of_a_namespace(rbac: RbacBench) -> None:
    answer = refused(rbac.admin.create, review("SelfSubjectRulesReview", {}))

    assert answer == (400, "BadRequest", "no namespace on request")


@pytest.mark.parametrize(
    ("user", "groups"),
    [
        ("alice", ["devs", "system:authenticated"]),
        ("system:node:node-1", ["system:nodes", "devs", "system:authenticated"]),
        ("kubernetes-admin", ["kubeadm:cluster-admins", "devs", "system:authenticated"]),
    ],
)
def test_who_am_i(rbac: RbacBench, user: str, groups: list[str]) -> None:
    client = rbac.client(user, "devs")

    answer = client.create(review("SelfSubjectReview", group="authentication"))

    assert answer["status"] == {"userInfo": {"username": user, "groups": groups}}


@pytest.mark.parametrize(
    ("user", "kind", "allowed"),
    [
        ("alice", "SelfSubjectAccessReview", True),
        ("alice", "SubjectAccessReview", False),
        ("system:anonymous", "SelfSubjectAccessReview", False),
        ("system:kube-scheduler", "SubjectAccessReview", True),
    ],
)
def test_about_others_not_everybody_may_ask(rbac: RbacBench, user: str, kind: str, allowed: bool) -> None:
    spec: Any = {**GET_PODS, **({"user": "bob"} if kind == "SubjectAccessReview" else {})}

    code = rbac.ask(f"create {kind.lower()}s.authorization.k8s.io", user, body=review(kind, spec)).code

    assert code == (201 if allowed else 403)


def test_nothing_of_it_is_stored(rbac: RbacBench) -> None:
    before = rbac.store.revision

    rbac.admin.create(review("SelfSubjectAccessReview", GET_PODS))

    assert rbac.store.revision == before
    assert rbac.ask("list selfsubjectaccessreviews.authorization.k8s.io", "kubernetes-admin").code == 405


def test_without_a_policy_the_answer_is_yes(api: ApiBench) -> None:
    status = api.client.create(review("SelfSubjectAccessReview", GET_PODS))["status"]

    assert status == {"allowed": True}
