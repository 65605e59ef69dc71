"""RBAC: who is allowed what by the bindings that name him and the roles that they refer to.

Source    plugin/pkg/auth/authorizer/rbac/rbac.go; pkg/registry/rbac/validation/rule.go (VisitRulesFor, describeSubject)
"""

from __future__ import annotations

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
Bound = dict[tuple[str, Any], list[tuple[int, int, Obj]]]  # whom which bindings name: number, place of the subject


class Objects(Protocol):
    """What an authorizer can see of the cluster."""

    def on_node(self, node: str, namespace: str) -> list[Obj]:
        """The Pods of a namespace that are bound to a node."""

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
        self._bound: dict[str, Bound] = {}

    def forget(self) -> None:
        """A role or a binding has changed."""
        self._known.clear()
        self._bound.clear()

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
        grants, errors = self._found_in(user, "")
        if namespace:
            more, problems = self._found_in(user, namespace)
            return Grants(grants + more, list(dict.fromkeys(errors + problems)))
        return Grants(grants, errors)

    def _found_in(self, user: User, namespace: str) -> Grants:
        """What the bindings of one namespace give, or those of the cluster ("")."""
        grants: list[Grant] = []
        errors: list[str] = []
        for _, binding, subject in sorted(self._bindings_of(user, namespace), key=lambda found: found[0]):
            role = binding["roleRef"]
            rules = self.rules_of(role, namespace)
            if rules is None:
                errors.append(f'{role["kind"].lower()}.rbac.authorization.k8s.io "{role["name"]}" not found')
            grants += [Grant(rule, binding, subject) for rule in rules or ()]
        return Grants(grants, list(dict.fromkeys(errors)))

    def _bindings_of(self, user: User, namespace: str) -> list[tuple[int, Obj, Obj]]:
        """The bindings that name the user, each once: by the first of their subjects that does."""
        bound = self._bound.get(namespace)
        if bound is None:
            bound = self._bound[namespace] = self._by_subject(namespace)
        found: dict[int, tuple[int, Obj, Obj]] = {}
        for who in (("User", user.name), *(("Group", group) for group in user.groups), ("", user.account)):
            for number, place, binding in bound.get(who, ()):
                subject = binding["subjects"][place]
                if number not in found or binding["subjects"].index(found[number][2]) > place:
                    found[number] = (number, binding, subject)
        return list(found.values())

    def _by_subject(self, namespace: str) -> Bound:
        kind = "RoleBinding" if namespace else "ClusterRoleBinding"
        bound: Bound = {}
        for number, binding in enumerate(self._objects.list(kind, namespace)):
            for place, subject in enumerate(binding.get("subjects") or ()):
                bound.setdefault(_who(subject, namespace), []).append((number, place, binding))
        return bound


def _who(subject: Obj, namespace: str) -> tuple[str, Any]:
    if subject["kind"] == "ServiceAccount":
        return "", (subject.get("namespace") or namespace, subject["name"])
    return subject["kind"], subject["name"]
