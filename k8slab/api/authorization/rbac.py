"""RBAC: who is allowed what by the bindings that name him and the roles that they refer to.

Source    plugin/pkg/auth/authorizer/rbac/rbac.go; pkg/registry/rbac/validation/rule.go (VisitRulesFor, describeSubject)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from k8slab.api.authorization.identity import User
from k8slab.api.authorization.rules import matches, matches_path, names_of
from k8slab.wire import Request

__all__ = [
    "Decision",
    "Grant",
    "Grants",
    "Objects",
    "Rbac",
]

Obj = dict[str, Any]


class Objects(Protocol):
    """What an authorizer can see of the cluster."""

    def list(self, kind_name: str, namespace: str = "") -> list[Obj]:
        """All objects of a kind, or those of one namespace, by name."""

    def get(self, kind_name: str, name: str, namespace: str = "") -> Obj | None:
        """One object, or None."""


class Decision(NamedTuple):
    """Allowed or not, and why. It holds for every object (`for_all`), for this name, or only for now (not `lasts`)."""

    is_allowed: bool
    reason: str = ""
    for_all: bool = True
    lasts: bool = True


class Grant(NamedTuple):
    """A rule that somebody has, and the binding that gives it."""

    rule: Obj
    binding: Obj
    subject: Obj

    @property
    def reason(self) -> str:
        """Why what the rule allows is allowed."""
        metadata, role = self.binding["metadata"], self.binding["roleRef"]
        place = metadata["name"] + (f"/{metadata['namespace']}" if metadata.get("namespace") else "")
        whose = self.subject["name"]
        if self.subject["kind"] == "ServiceAccount":
            whose += "/" + (self.subject.get("namespace") or metadata.get("namespace", ""))
        binding = f'{self.binding["kind"]} "{place}" of {role["kind"]} "{role["name"]}"'
        return f'RBAC: allowed by {binding} to {self.subject["kind"]} "{whose}"'


class Grants(NamedTuple):
    """Everything somebody has in one namespace, and what is wrong with his bindings."""

    grants: list[Grant]
    errors: list[str]


class Rbac:
    """The grants of everybody who has asked since roles or bindings last changed (`forget`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._known: dict[tuple[User, str], Grants] = {}

    def forget(self) -> None:
        """A role or a binding has changed."""
        self._known.clear()

    def grants_of(self, user: User, namespace: str) -> Grants:
        """The rules that hold for a user in a namespace; without one, those that hold everywhere."""
        known = self._known.get((user, namespace))
        if known is None:
            known = self._known[user, namespace] = self._found(user, namespace)
        return known

    def decide(self, user: User, request: Request) -> Decision:
        """Allowed when one rule allows it."""
        grants, errors = self.grants_of(user, request.namespace)
        suits = matches_path if request.path else matches
        by_name = False
        for grant in grants:
            if suits(grant.rule, request):
                names = names_of(grant.rule)
                if not names:
                    return Decision(True, grant.reason)
                if request.name in names:
                    return Decision(True, grant.reason, for_all=False)
                by_name = True
        reason = "RBAC: " + (errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]") if errors else ""
        return Decision(False, reason, for_all=not by_name)

    def rules_of(self, role: Obj, namespace: str) -> list[Obj] | None:
        """The rules of the role that a reference names, None when there is no such role."""
        place = namespace if role["kind"] == "Role" else ""
        found = self._objects.get(role["kind"], role["name"], place)
        return None if found is None else found.get("rules") or []

    def _found(self, user: User, namespace: str) -> Grants:
        grants: list[Grant] = []
        errors: list[str] = []
        for binding, subject in self._bindings(user, namespace):
            role = binding["roleRef"]
            rules = self.rules_of(role, namespace)
            if rules is None:
                errors.append(f'{role["kind"].lower()}.rbac.authorization.k8s.io "{role["name"]}" not found')
            grants += [Grant(rule, binding, subject) for rule in rules or ()]
        return Grants(grants, list(dict.fromkeys(errors)))

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Obj, Obj]]:
        bindings = self._objects.list("ClusterRoleBinding")
        if namespace:
            bindings = bindings + self._objects.list("RoleBinding", namespace)
        for binding in bindings:
            place = binding["metadata"].get("namespace", "")
            for subject in binding.get("subjects") or ():
                if _is(user, subject, place):
                    yield binding, subject
                    break


def _is(user: User, subject: Obj, place: str) -> bool:
    """The subject of a binding in `place` is this user."""
    kind, name = subject["kind"], subject["name"]
    if kind == "User":
        return bool(user.name == name)
    if kind == "Group":
        return name in user.groups
    return user.account == (subject.get("namespace") or place, name)
