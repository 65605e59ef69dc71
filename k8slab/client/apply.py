"""Client-side `kubectl apply` in pure functions: what was applied, what is wanted, what is there, the patch between.

Source    staging/src/k8s.io/kubectl/pkg/cmd/apply/patcher.go, pkg/util/apply.go
"""

from __future__ import annotations

import json
from typing import Any

from k8slab.schema import three_way, type_of
from k8slab.wire import BadRequest

__all__ = [
    "LAST_APPLIED",
    "apply_patch",
    "patch_type",
    "with_last_applied",
]

Obj = dict[str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def with_last_applied(obj: Obj) -> Obj:
    """The manifest with a note of itself in its annotations, without the notes of earlier times."""
    metadata = obj.get("metadata") or {}
    given = metadata.get("annotations") or {}
    if not isinstance(given, dict):
        return obj  # the server says what is wrong with it
    annotations = {k: v for k, v in given.items() if k != LAST_APPLIED}
    plain = {**obj, "metadata": {**metadata, "annotations": annotations}}
    try:
        note = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
    except (TypeError, ValueError, RecursionError):
        raise BadRequest(f'error: {obj["kind"]} "{metadata.get("name")}" holds something that is not JSON') from None
    return {**plain, "metadata": {**plain["metadata"], "annotations": {**annotations, LAST_APPLIED: note}}}


def apply_patch(live: Obj, manifest: Obj) -> Obj:
    """The patch that brings `live` to `manifest`, in the manner of `patch_type`; empty when nothing is to be done."""
    modified, original = with_last_applied(manifest), _last_applied(live)
    return three_way(original, modified, live, type_of(manifest["apiVersion"], manifest["kind"]))


def patch_type(manifest: Obj) -> str:
    """How an object of this kind is patched: strategic, or merge when the kind is nobody's but the cluster's own."""
    return "merge" if type_of(manifest["apiVersion"], manifest["kind"]) is None else "strategic"


def _last_applied(live: Obj) -> Obj:
    note = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    try:
        original = json.loads(note) if note else {}
    except (ValueError, RecursionError):
        original = None
    if not isinstance(original, dict):
        raise BadRequest(f'error: the annotation {LAST_APPLIED} of "{live["metadata"]["name"]}" is no object in JSON')
    return original
