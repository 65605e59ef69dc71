"""Nobody gives away more than he has: who writes a role or a binding must hold what it grants.

Two verbs set this aside: `escalate` on a role, `bind` on the role that a binding refers to.

Source    pkg/registry/rbac/{escalation_check.go,*/policybased/storage.go,validation/rule.go (ConfirmNoEscalation)}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from k8slab.api.authorization.authorizer import Authorizer, user_who_asks
from k8slab.api.authorization.identity import MASTERS, User
from k8slab.api.authorization.rbac import Rbac
from k8slab.api.authorization.rules import EVERYTHING, as_texts, uncovered
from k8slab.wire import Forbidden, NotFound, Request

__all__ = [
    "GROUP",
    "check_escalation",
]

Obj = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"
GC_FIELDS = ("ownerReferences", "finalizers", "managedFields", "resourceVersion")


def check_escalation(authorizer: Authorizer, request: Request, new: Obj, old: Obj | None = None) -> None:
    """Raises Forbidden when the caller would grant what he does not hold, NotFound for a role that is not there."""
    rbac, user = authorizer.rbac, user_who_asks(request)
    if rbac is None or MASTERS in user.groups or (old is not None and _differs_for_gc_only(new, old)):
        return
    metadata, role = new["metadata"], new.get("roleRef")
    namespace = metadata.get("namespace", "")
    kind, name = (role["kind"], role["name"]) if role else (new["kind"], metadata["name"])
    wish = Request("bind" if role else "escalate", f"{kind.lower()}s", GROUP, namespace=namespace, name=name)
    if authorizer.decide(user, wish).is_allowed:
        return
    if not role:
        _confirm(rbac, user, request, new, new.get("rules") or ())
        if new.get("aggregationRule") or (old or {}).get("aggregationRule"):
            _confirm_cluster_admin(rbac, user, request, new)
        return
    rules = rbac.rules_of(role, namespace)
    if rules is None:
        details = {"name": name, "group": GROUP, "kind": wish.resource}
        raise NotFound(f'{wish.resource}.{GROUP} "{name}" not found', details)
    _confirm(rbac, user, request, new, rules)


def _confirm(rbac: Rbac, user: User, request: Request, new: Obj, rules: Sequence[Obj]) -> None:
    missing = _missing(rbac, user, new, rules)
    if missing:
        groups = " ".join(f'"{group}"' for group in user.groups)
        text = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n'
        raise _forbidden(request, new, text + "\n".join(as_texts(missing)))


def _confirm_cluster_admin(rbac: Rbac, user: User, request: Request, new: Obj) -> None:
    if _missing(rbac, user, new, EVERYTHING):
        raise _forbidden(request, new, "must have cluster-admin privileges to use the aggregationRule")


def _missing(rbac: Rbac, user: User, new: Obj, rules: Sequence[Obj]) -> list[Obj]:
    grants = rbac.grants_of(user, new["metadata"].get("namespace", "")).grants
    return uncovered((grant.rule for grant in grants), rules)


def _forbidden(request: Request, new: Obj, text: str) -> Forbidden:
    name = new["metadata"]["name"]
    details = {"name": name, "group": GROUP, "kind": request.resource}
    return Forbidden(f'{request.resource}.{GROUP} "{name}" is forbidden: {text}', details)


def _differs_for_gc_only(new: Obj, old: Obj) -> bool:
    """Nothing changes, or only what the garbage collector needs to change."""
    if {**new, "metadata": None} != {**old, "metadata": None}:
        return False
    return _without(new["metadata"]) == _without(old["metadata"])


def _without(metadata: Obj) -> Obj:
    return {name: value for name, value in metadata.items() if name not in GC_FIELDS}
