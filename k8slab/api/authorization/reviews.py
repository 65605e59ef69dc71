"""Questions to the authorizer, asked by creating an object that is answered and never stored.

Source    pkg/registry/{authorization,authentication}/*/rest.go; pkg/apis/authorization/validation/validation.go
Left out  extra and uid of a user; selectors in the attributes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from k8slab.api.authorization.authorizer import Authorizer, user_who_asks
from k8slab.api.authorization.identity import User
from k8slab.api.kinds import Kind
from k8slab.schema import decode
from k8slab.wire import BadRequest, FieldError, Request, Response, invalid

__all__ = ["REVIEWS", "answer_review"]

Obj = dict[str, Any]
Errors = Iterator[FieldError]

EITHER = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
BOTH = "cannot be specified in combination with resourceAttributes"


def answer_review(authorizer: Authorizer, kind: Kind, request: Request, now: str) -> Response:
    """The review with its status. Raises BadRequest, Invalid."""
    review, warnings = decode(request.body, kind.api_version, kind.kind, request.params.get("fieldValidation", "Warn"))
    if errors := list(_errors(kind, review, request)):
        raise invalid(kind.kind, kind.group, "", errors)
    answer = REVIEWS[kind.kind](authorizer, review, request)
    metadata = dict(review.get("metadata") or {})
    if kind.kind == "SelfSubjectReview":
        metadata["creationTimestamp"] = now
    obj = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata, **answer}
    return Response(201, obj, warnings=tuple(warnings))


def _access(authorizer: Authorizer, review: Obj, request: Request) -> Obj:
    """SubjectAccessReview and its local form: may somebody else?"""
    spec = review["spec"]
    user = User(spec.get("user", ""), tuple(spec.get("groups") or ()))
    return {"spec": spec, "status": _status(authorizer, user, spec)}


def _own_access(authorizer: Authorizer, review: Obj, request: Request) -> Obj:
    """SelfSubjectAccessReview: may I?"""
    spec = review["spec"]
    return {"spec": spec, "status": _status(authorizer, user_who_asks(request), spec)}


def _own_rules(authorizer: Authorizer, review: Obj, request: Request) -> Obj:
    """SelfSubjectRulesReview: what may I in this namespace?"""
    namespace = (review.get("spec") or {}).get("namespace", "")
    if not namespace:
        raise BadRequest("no namespace on request")
    user, rbac = user_who_asks(request), authorizer.rbac
    found = rbac.grants_of(user, namespace) if rbac else None
    rules = [grant.rule for grant in found.grants] if found else [_EVERYTHING, _EVERY_PATH]
    problems = list(found.errors) if found else []
    if rbac and user.node is not None:
        problems.insert(0, "node authorizer does not support user rule resolution")
    status: Obj = {
        "resourceRules": [_shown(rule) for rule in rules if "nonResourceURLs" not in rule],
        "nonResourceRules": [_shown(rule) for rule in rules if "nonResourceURLs" in rule],
        "incomplete": bool(problems),
    }
    if problems:
        status["evaluationError"] = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
    return {"spec": {}, "status": status}


def _own_user(authorizer: Authorizer, review: Obj, request: Request) -> Obj:
    """SelfSubjectReview: who am I?"""
    user = user_who_asks(request)
    return {"status": {"userInfo": {"username": user.name, "groups": list(user.groups)}}}


REVIEWS: dict[str, Callable[[Authorizer, Obj, Request], Obj]] = {
    "LocalSubjectAccessReview": _access,
    "SelfSubjectAccessReview": _own_access,
    "SelfSubjectReview": _own_user,
    "SelfSubjectRulesReview": _own_rules,
    "SubjectAccessReview": _access,
}
_EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_EVERY_PATH = {"verbs": ["*"], "nonResourceURLs": ["*"]}


def _status(authorizer: Authorizer, user: User, spec: Obj) -> Obj:
    decision = authorizer.decide(user, _asked(user, spec))
    return {"allowed": decision.is_allowed, **({"reason": decision.reason} if decision.reason else {})}


def _asked(user: User, spec: Obj) -> Request:
    """The request that the attributes describe."""
    if path := spec.get("nonResourceAttributes"):
        return Request(path.get("verb", ""), path=path.get("path", ""), user=user.name)
    resource = spec["resourceAttributes"]
    fields = ("resource", "group", "version", "namespace", "name", "subresource")
    given = {field: resource[field] for field in fields if field in resource}
    return Request(resource.get("verb", ""), user=user.name)._replace(**given)


def _shown(rule: Obj) -> Obj:
    fields = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
    return {field: rule[field] for field in fields if rule.get(field)}


def _errors(kind: Kind, review: Obj, request: Request) -> Errors:
    spec, metadata = review.get("spec") or {}, review.get("metadata") or {}
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if not kind.kind.endswith("AccessReview"):
        return
    if resource and path:
        yield FieldError("FieldValueInvalid", "spec.nonResourceAttributes", BOTH, path)
    if resource is None and path is None:
        yield FieldError("FieldValueInvalid", "spec.resourceAttributes", EITHER, None)
    if kind.kind != "SelfSubjectAccessReview" and not spec.get("user") and not spec.get("groups"):
        yield FieldError("FieldValueInvalid", "spec.user", "at least one of user or group must be specified", "")
    local = kind.kind == "LocalSubjectAccessReview"
    if local and resource is not None and resource.get("namespace", "") != request.namespace:
        field, place = "spec.resourceAttributes.namespace", resource.get("namespace", "")
        yield FieldError("FieldValueInvalid", field, "must match metadata.namespace", place)
    if local and path is not None:
        yield FieldError("FieldValueInvalid", "spec.nonResourceAttributes", "disallowed on this kind of request", path)
    if set(metadata) - {"creationTimestamp"} - ({"namespace"} if local else set()):
        text = "must be empty except for namespace" if local else "must be empty"
        yield FieldError("FieldValueInvalid", "metadata", text, metadata)
