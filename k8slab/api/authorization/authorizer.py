"""Whether a caller may do what he asks for: system:masters may everything, then nodes, then RBAC have their say.

A decision is kept until a role or a binding changes: per user, verb and resource, per name where the name matters,
and not at all where it depends on what else there is.

Source    pkg/kubeapiserver/authorizer/config.go; staging/src/k8s.io/apiserver/pkg/{authorization/union,
          endpoints/filters/impersonation.go, endpoints/handlers/responsewriters/errors.go}
Left out  authorization webhooks, constrained impersonation, impersonated uids and extras
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Protocol

from k8slab.api.authorization.identity import MASTERS, NODES, UNAUTHENTICATED, User, user_of
from k8slab.api.authorization.node import Nodes
from k8slab.api.authorization.rbac import Decision, Objects, Rbac
from k8slab.etcd import Store
from k8slab.objects import parse_field_selector
from k8slab.wire import Forbidden, InternalError, Request

__all__ = [
    "AlwaysAllow",
    "Authorizer",
    "RbacAuthorizer",
    "forbidden_text",
    "user_who_asks",
]

DECIDING = ("clusterrolebindings", "clusterroles", "rolebindings", "roles")
SELECTING = ("list", "watch", "deletecollection")
KEPT = 200_000
TELLING = ("user", "verb", "resource", "group", "subresource", "namespace", "path", "groups", "as_groups")
ALLOWED = Decision(True)

_key = itemgetter(*map(Request._fields.index, TELLING))  # what a decision depends on, but for the name


class Authorizer(Protocol):
    """What stands between a request and its answer."""

    def acting(self, request: Request) -> Request:
        """The request in the name of whom it counts for. Raises Forbidden when he may not do it."""

    def decide(self, user: User, request: Request) -> Decision:
        """Whether a user may do what a request asks for."""

    @property
    def rbac(self) -> Rbac | None:
        """The rules by which it decides, if it does."""


class AlwaysAllow:
    """A server on which everybody may do everything."""

    rbac = None

    def acting(self, request: Request) -> Request:
        """The request in the name of whom it counts for."""
        return _impersonated(request) if request.as_user else request

    def decide(self, user: User, request: Request) -> Decision:
        """Yes."""
        return ALLOWED


class RbacAuthorizer:
    """The modes Node and RBAC, in this order, as kubeadm sets them."""

    def __init__(self, objects: Objects, store: Store) -> None:
        self.rbac: Rbac = Rbac(objects)
        self._nodes = Nodes(objects)
        self._known: dict[Any, Decision] = {}
        for plural in DECIDING:
            store.watch(f"/registry/{plural}/", lambda events: self._forget())

    def acting(self, request: Request) -> Request:
        """The request in the name of whom it counts for. Raises Forbidden when he may not do it."""
        if request.as_user:
            for wish in _wishes(request):
                self._check(wish)
            request = _impersonated(request)
        key = _key(request)
        known = self._known.get(key)
        if known is ALLOWED:
            return request
        if known is None or not known.for_all:
            known = self._known.get((key, request.name)) if known and request.name else None
            if known is None:
                known = self._learned(key, request)
        if not known.is_allowed:
            raise _forbidden(request, known.reason)
        return request

    def decide(self, user: User, request: Request) -> Decision:
        """Whether a user may do what a request asks for, and why (not)."""
        if MASTERS in user.groups:
            return ALLOWED
        node = user.node if NODES in user.groups else None
        if node is None:
            return self.rbac.decide(user, request)
        if not node:
            first = Decision(False, f'unknown node for user "{user.name}"')
        else:
            first = self._nodes.decide(node, request)
        if first.is_allowed:
            return first
        second = self.rbac.decide(user, request)
        for_all, lasts = first.for_all and second.for_all, first.lasts and second.lasts
        if second.is_allowed:
            return second._replace(for_all=for_all, lasts=lasts)
        reason = "\n".join(filter(None, (first.reason, second.reason)))
        return Decision(False, reason, for_all, lasts)

    def _check(self, request: Request) -> None:
        decision = self.decide(user_who_asks(request), request)
        if not decision.is_allowed:
            raise _forbidden(request, decision.reason)

    def _learned(self, key: Any, request: Request) -> Decision:
        if request.as_groups:
            raise InternalError(f"requested {list(request.as_groups)} without impersonating a user")
        request = _named(request)
        decision = self.decide(user_who_asks(request), request)
        if decision.lasts:
            if len(self._known) > KEPT:
                self._known.clear()
            self._known[key] = ALLOWED if decision.is_allowed and decision.for_all else decision
            if not decision.for_all and request.name:
                self._known[key, request.name] = decision
        return decision

    def _forget(self) -> None:
        self._known.clear()
        self.rbac.forget()


def user_who_asks(request: Request) -> User:
    """The user of a request, with all of its groups."""
    return user_of(request.user, request.groups)


def forbidden_text(request: Request, reason: str = "") -> str:
    """What a caller is told who may not do it, without the object's name."""
    user = user_who_asks(request).name
    if request.path:
        text = f'User "{user}" cannot {request.verb} path "{request.path}"'
    else:
        resource = request.resource + (f"/{request.subresource}" if request.subresource else "")
        place = f'in the namespace "{request.namespace}"' if request.namespace else "at the cluster scope"
        text = f'User "{user}" cannot {request.verb} resource "{resource}" in API group "{request.group}" {place}'
    return f"{text}: {reason}" if reason else text


def _forbidden(request: Request, reason: str) -> Forbidden:
    text, request = forbidden_text(request, reason), _named(request)
    if request.path:
        return Forbidden(f"forbidden: {text}")
    full_name = f"{request.resource}.{request.group}" if request.group else request.resource
    whose = f'{full_name} "{request.name}"' if request.name else full_name
    details = {"name": request.name, "group": request.group, "kind": request.resource}
    return Forbidden(f"{whose} is forbidden: {text}", {name: value for name, value in details.items() if value})


def _named(request: Request) -> Request:
    """The request with the name of the one object that it selects by its name."""
    selector = request.params.get("fieldSelector", "")
    if request.name or request.verb not in SELECTING or "metadata.name" not in selector:
        return request
    try:
        fields = list(parse_field_selector(selector))
    except ValueError:
        return request
    names = [value for path, op, value in fields if path == "metadata.name" and op == "="]
    return request._replace(name=names[0]) if names else request


def _wishes(request: Request) -> Iterator[Request]:
    """What somebody must be allowed who speaks for somebody else."""
    speaker = Request("impersonate", user=request.user, groups=request.groups)
    account = User(request.as_user, ()).account
    if account is not None:
        yield speaker._replace(resource="serviceaccounts", namespace=account[0], name=account[1])
    else:
        yield speaker._replace(resource="users", name=request.as_user)
    for group in request.as_groups:
        yield speaker._replace(resource="groups", name=group)


def _impersonated(request: Request) -> Request:
    """The request as the impersonated user would send it, with exactly the groups he is given."""
    groups = _groups_of_impersonated(request.as_user, request.as_groups)
    return request._replace(user=request.as_user, groups=groups, as_user="", as_groups=())


def _groups_of_impersonated(name: str, given: Sequence[str]) -> tuple[str, ...]:
    """A service account brings its groups when none are given; names alone do not make an admin or a node."""
    plain = user_of("anybody", given).groups
    if User(name, ()).account is not None and not given:
        return user_of(name).groups
    if name == "system:anonymous":
        return plain if UNAUTHENTICATED in plain else (*given, UNAUTHENTICATED)
    return plain
