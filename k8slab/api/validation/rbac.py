"""The rules for roles and bindings.

Source    pkg/apis/rbac/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from k8slab.api.validation.meta import Errors, invalid, label_selector, not_supported, required
from k8slab.api.validation.rules import Rules, rules
from k8slab.api.validation.values import path_segment
from k8slab.objects import is_dns1123_subdomain

__all__ = ["RULES"]

Obj = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"
SUBJECTS = ("ServiceAccount", "User", "Group")


def _rules(obj: Obj) -> Errors:
    is_namespaced = obj["kind"] == "Role"
    for i, rule in enumerate(obj.get("rules") or ()):
        yield from _rule(rule, f"rules[{i}]", is_namespaced)


def _cluster_role(obj: Obj) -> Errors:
    yield from _rules(obj)
    aggregation = obj.get("aggregationRule")
    if aggregation is None:
        return
    selectors, field = aggregation.get("clusterRoleSelectors") or [], "aggregationRule.clusterRoleSelectors"
    if not selectors:
        yield required(field, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for i, selector in enumerate(selectors):
        yield from label_selector(selector, f"{field}[{i}]")


def _rule(rule: Obj, place: str, is_namespaced: bool) -> Errors:
    if not rule.get("verbs"):
        yield required(f"{place}.verbs", "verbs must contain at least one value")
    urls = rule.get("nonResourceURLs")
    if urls:
        if is_namespaced:
            yield invalid(f"{place}.nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs")
        if any(rule.get(name) for name in ("apiGroups", "resources", "resourceNames")):
            text = "rules cannot apply to both regular resources and non-resource URLs"
            yield invalid(f"{place}.nonResourceURLs", urls, text)
        return
    if not rule.get("apiGroups"):
        yield required(f"{place}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield required(f"{place}.resources", "resource rules must supply at least one resource")


def _binding(obj: Obj) -> Errors:
    role, is_namespaced = obj.get("roleRef") or {}, obj["kind"] == "RoleBinding"
    kinds = ("Role", "ClusterRole") if is_namespaced else ("ClusterRole",)
    if role.get("apiGroup") != GROUP:
        yield not_supported("roleRef.apiGroup", role.get("apiGroup", ""), [GROUP])
    if role.get("kind") not in kinds:
        yield not_supported("roleRef.kind", role.get("kind", ""), kinds)
    if not role.get("name"):
        yield required("roleRef.name")
    for problem in path_segment(role.get("name", "")):
        yield invalid("roleRef.name", role["name"], problem)
    for i, subject in enumerate(obj.get("subjects") or ()):
        yield from _subject(subject, f"subjects[{i}]", is_namespaced)


def _subject(subject: Obj, place: str, is_namespaced: bool) -> Errors:
    name, kind, group = (subject.get(field, "") for field in ("name", "kind", "apiGroup"))
    if not name:
        yield required(f"{place}.name")
    if kind not in SUBJECTS:
        yield not_supported(f"{place}.kind", kind, SUBJECTS)
    elif kind == "ServiceAccount":
        for problem in is_dns1123_subdomain(name) if name else ():
            yield invalid(f"{place}.name", name, problem)
        if group:
            yield not_supported(f"{place}.apiGroup", group, [""])
        if not is_namespaced and not subject.get("namespace"):
            yield required(f"{place}.namespace")
    else:
        if not name:
            yield invalid(f"{place}.name", name, f"{kind.lower()} name cannot be empty")
        if group != GROUP:
            yield not_supported(f"{place}.apiGroup", group, [GROUP])


def _binding_update(new: Obj, old: Obj) -> Errors:
    role = new.get("roleRef") or {}
    if role != (old.get("roleRef") or {}):
        shown = {"APIGroup": role.get("apiGroup", ""), "Kind": role.get("kind", ""), "Name": role.get("name", "")}
        yield invalid("roleRef", shown, "cannot change roleRef")


_kind: Callable[..., Rules] = partial(rules, path_segment, change_first=False)
RULES: dict[tuple[str, str], Rules] = {
    (f"{GROUP}/v1", "ClusterRole"): _kind(_cluster_role),
    (f"{GROUP}/v1", "ClusterRoleBinding"): _kind(_binding, _binding_update),
    (f"{GROUP}/v1", "Role"): _kind(_rules),
    (f"{GROUP}/v1", "RoleBinding"): _kind(_binding, _binding_update),
}
