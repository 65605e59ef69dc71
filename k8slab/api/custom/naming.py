"""What the status of a CustomResourceDefinition says next: its names, whether it is served, whether it is leaving.

Source    apiextensions-apiserver/pkg/controller/status/naming_controller.go (calculateNamesAndConditions),
          pkg/controller/establish/establishing_controller.go, pkg/controller/finalizer/crd_finalizer.go
Left out  the wait of five seconds before Established, which only several API servers need; the conditions
          NonStructuralSchema, KubernetesAPIApprovalPolicyConformant and StorageMigrating; observedGeneration
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.objects import has_condition, is_leaving, rfc3339, with_condition

__all__ = [
    "CLEANUP",
    "cleaned",
    "leaving",
    "next_form",
    "with_stored_version",
]

Obj = dict[str, Any]

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
ESTABLISHED = ("InitialNamesAccepted", "the initial names have been accepted")
CONFLICTS = {"plural": "Plural", "singular": "Singular", "kind": "Kind", "listKind": "ListKind"}


def next_form(definition: Obj, others: Iterable[Obj], now: float) -> Obj:
    """The definition after the next step towards being served; the very same one when it has arrived."""
    status, names = definition.get("status") or {}, definition["spec"]["names"]
    accepted = status.get("acceptedNames") or {}
    if not _same_names(names, accepted):
        wanted, problem = _accepted(names, accepted, others)
        if wanted != accepted or problem != _message(definition):
            return _with_names(definition, wanted, problem, now)
    is_waiting = has_condition(definition, "NamesAccepted") and not has_condition(definition, "Established")
    if is_waiting and not is_leaving(definition):
        return _with(definition, {"type": "Established", "status": "True"}, ESTABLISHED, now)
    return definition


def leaving(definition: Obj, now: float) -> Obj:
    """A definition that somebody deletes: it stays until its objects are gone."""
    metadata = definition["metadata"]
    if is_leaving(definition) or CLEANUP in (metadata.get("finalizers") or ()):
        return definition
    kept = {**metadata, "finalizers": [*(metadata.get("finalizers") or ()), CLEANUP]}
    text = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    condition = {"type": "Terminating", "status": "True"}
    return _with({**definition, "metadata": kept}, condition, ("InstanceDeletionPending", text), now)


def cleaned(definition: Obj, left: int, now: float) -> Obj:
    """The leaving definition when so many of its objects are left; without its finalizer when none is."""
    condition = {"type": "Terminating", "status": "True" if left else "False"}
    if left:
        reason = ("InstanceDeletionInProgress", "CustomResource deletion is in progress")
        return _with(definition, condition, reason, now)
    done = _with(definition, condition, ("InstanceDeletionCompleted", "removed all instances"), now)
    kept = [name for name in done["metadata"]["finalizers"] if name != CLEANUP]
    return {**done, "metadata": {**done["metadata"], "finalizers": kept}}


def with_stored_version(definition: Obj) -> Obj:
    """The definition whose status names its storage version among those that objects may be stored in."""
    status, versions = definition.get("status") or {}, definition.get("spec", {}).get("versions") or ()
    stored = status.get("storedVersions") or []
    new = [each["name"] for each in versions if each.get("storage") and each.get("name") not in (None, *stored)]
    fresh = {} if status else {"conditions": [], "acceptedNames": {"plural": "", "kind": ""}}
    return {**definition, "status": {**fresh, **status, "storedVersions": [*stored, *new]}} if new else definition


def _same_names(names: Obj, accepted: Obj) -> bool:
    return {name: value for name, value in names.items() if value} == {n: v for n, v in accepted.items() if v}


def _message(definition: Obj) -> tuple[str, str]:
    """Reason and message of the condition NamesAccepted."""
    for condition in (definition.get("status") or {}).get("conditions") or ():
        if condition["type"] == "NamesAccepted":
            return condition["reason"], condition["message"]
    return "", ""


def _accepted(names: Obj, accepted: Obj, others: Iterable[Obj]) -> tuple[Obj, tuple[str, str]]:
    """The names the definition gets beside those the others of its group have, and what stands in the way."""
    taken = [(other.get("status") or {}).get("acceptedNames") or {} for other in others]
    resources = {each.get(name) for each in taken for name in ("plural", "singular")}
    resources |= {short for each in taken for short in each.get("shortNames") or ()}
    kinds = {each.get(name) for each in taken for name in ("kind", "listKind")}
    new, problem = dict(accepted), ("NoConflicts", "no conflicts found")
    for name, word in CONFLICTS.items():
        wanted, used = names.get(name), kinds if name in ("kind", "listKind") else resources
        if wanted != accepted.get(name) and wanted in used:
            problem = (f"{word}Conflict", f'"{wanted}" is already in use')
        else:
            new[name] = wanted
    short = names.get("shortNames") or []
    clashes = [name for name in short if name not in (accepted.get("shortNames") or ()) and name in resources]
    if clashes:
        texts = [f'"{name}" is already in use' for name in clashes]
        problem = ("ShortNamesConflict", texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")
    else:
        new["shortNames"] = short
    new["categories"] = names.get("categories") or []
    return {name: value for name, value in new.items() if value}, problem


def _with_names(definition: Obj, names: Obj, problem: tuple[str, str], now: float) -> Obj:
    status = {**(definition.get("status") or {}), "acceptedNames": names}
    is_accepted = problem[0] == "NoConflicts"
    condition = {"type": "NamesAccepted", "status": "True" if is_accepted else "False"}
    named = _with({**definition, "status": status}, condition, problem, now)
    if has_condition(named, "Established"):
        return named
    why = ("Installing", ESTABLISHED[1]) if is_accepted else ("NotAccepted", "not all names are accepted")
    return _with(named, {"type": "Established", "status": "False"}, why, now)


def _with(definition: Obj, condition: Obj, why: tuple[str, str], now: float) -> Obj:
    """The definition with a condition; the very same one when it has it."""
    status = definition.get("status") or {}
    before = status.get("conditions") or []
    given = {**condition, "reason": why[0], "message": why[1]}
    conditions = with_condition(before, given, rfc3339(now))
    return definition if conditions == before else {**definition, "status": {**status, "conditions": conditions}}
