"""From a PATCH request to the object it asks for.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.field_managers import detached, with_fields
from k8slab.api.kinds import Kind
from k8slab.api.write_options import APPLY
from k8slab.schema import json_patch, merge_patch, strategic_merge, type_of
from k8slab.wire import Request, UnsupportedMediaType

__all__ = [
    "patched",
]

Obj = dict[str, Any]

ACCEPTED = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    APPLY,
)


def _with_list(obj: Obj) -> Obj:
    """The object with managedFields that a JSON patch can step into."""
    bare, fields = detached(obj)
    return obj if fields is None else with_fields(bare, list(fields))


def patched(kind: Kind, obj: Obj, request: Request) -> Any:
    """The object as the patch wants it; the very same object when it wants nothing.

    Raises UnsupportedMediaType, BadRequest, Invalid.
    """
    patch = request.body
    known = [type_ for type_ in ACCEPTED if not (kind.custom and "strategic" in type_)]
    if request.content_type not in known:
        accepted = ", ".join(known)
        raise UnsupportedMediaType(
            f"the body of the request was in an unknown format - accepted media types include: {accepted}"
        )
    if request.content_type == "application/json-patch+json":
        return json_patch(_with_list(obj) if "managedFields" in str(patch) else obj, patch)
    if request.content_type == "application/merge-patch+json":
        return merge_patch(obj, patch)
    merged = strategic_merge(obj, patch, type_of(obj["apiVersion"], obj["kind"]))
    type_meta = {"apiVersion": obj["apiVersion"], "kind": obj["kind"]}
    return merged if merged.items() >= type_meta.items() else {**merged, **type_meta}
