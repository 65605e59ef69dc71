"""PodSecurity: the labels of a namespace say which standard its pods must keep, and which they are warned about.

A template that breaks the standard is only warned about; its pods are refused.

Source    staging/src/k8s.io/pod-security-admission/admission/admission.go; kubernetes.io, "Pod Security Admission"
Left out  the mode audit; exemptions by configuration; an unknown level (taken for restricted, as upstream does)
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster
from k8slab.api.admission.pod_security_checks import Violation, violations

__all__ = [
    "check_namespace_label",
    "check_pod_security",
    "warn_of_template",
]

Obj = dict[str, Any]

LABEL = "pod-security.kubernetes.io/"
FREE, STRICTEST = "privileged", "restricted"
LEVELS = (FREE, "baseline", STRICTEST)


def _standard(namespace: Obj | None, mode: str) -> tuple[str, str]:
    """The level of a mode, and its name with the version."""
    labels = ((namespace or {}).get("metadata") or {}).get("labels") or {}
    level = labels.get(LABEL + mode, FREE)
    level = level if level in LEVELS else STRICTEST
    return level, f"{level}:{labels.get(f'{LABEL}{mode}-version', 'latest')}"


def _told(found: list[Violation]) -> str:
    return ", ".join(f"{each.reason} ({each.detail})" for each in found)


def check_pod_security(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Raises Forbidden for a pod that breaks the enforced standard; warns of what breaks the other."""
    if old is not None and new["spec"] == old["spec"]:
        return
    namespace = cluster.get("Namespace", attempt.namespace)
    level, named = _standard(namespace, "enforce")
    if level != FREE and (found := violations(level, new["spec"])):
        raise attempt.forbidden(f'violates PodSecurity "{named}": {_told(found)}')
    _warn(namespace, attempt, new["spec"])


def warn_of_template(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Warn when the pods that this object makes would break a standard."""
    template = new.get("template") or (new.get("spec") or {}).get("template")
    if template is None:
        template = (((new.get("spec") or {}).get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
    _warn(cluster.get("Namespace", attempt.namespace), attempt, template.get("spec") or {})


def _warn(namespace: Obj | None, attempt: Attempt, spec: Obj) -> None:
    level, named = _standard(namespace, "warn")
    if level != FREE and (found := violations(level, spec)):
        attempt.warnings.append(f'would violate PodSecurity "{named}": {_told(found)}')


def check_namespace_label(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Warn of the pods that are there already and break a standard that is newly enforced."""
    (before, _), (level, named) = _standard(old, "enforce"), _standard(new, "enforce")
    if old is None or LEVELS.index(level) <= LEVELS.index(before):
        return
    name = new["metadata"]["name"]
    reasons = {pod["metadata"]["name"]: _reasons(level, pod) for pod in cluster.list("Pod", name)}
    others = Counter(text for text in reasons.values() if text)
    if others:
        text = f'existing pods in namespace "{name}" violate the new PodSecurity enforce level "{named}"'
        attempt.warnings.append(text)
    for pod_name, text in reasons.items():
        if text and (count := others.pop(text, 0)):
            more = f" (and {count - 1} other pod{'s' if count > 2 else ''})" if count > 1 else ""
            attempt.warnings.append(f"{pod_name}{more}: {text}")


def _reasons(level: str, pod: Obj) -> str:
    return ", ".join(each.reason for each in violations(level, pod["spec"]))
