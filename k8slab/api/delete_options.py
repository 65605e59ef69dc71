"""What a delete may say: in its body, or in the query where there is no body.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go; apimachinery/pkg/apis/meta/v1/validation/
          validation.go (ValidateDeleteOptions)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.api.read_options import whole_number
from k8slab.schema import decode
from k8slab.wire import ApiError, FieldError, Request, invalid

__all__ = [
    "checked_delete",
    "delete_options",
]

Obj = dict[str, Any]

POLICIES = ("Foreground", "Background", "Orphan")


def delete_options(request: Request) -> Obj:
    """The DeleteOptions of a request, checked. Raises BadRequest, Invalid."""
    return checked_delete(request.body or _in_query(request.params))


def checked_delete(body: Any) -> Obj:
    """These DeleteOptions, checked. Raises BadRequest, Invalid."""
    if not body:
        return {}
    options: Obj = decode(body, "v1", "DeleteOptions", "Ignore").obj
    policy = options.get("propagationPolicy")
    if policy is None:
        return options
    if "orphanDependents" in options:
        text = "orphanDependents and deletionPropagation cannot be both set"
        raise _bad_options(FieldError("FieldValueInvalid", "propagationPolicy", text, policy))
    if policy not in POLICIES:
        text = "supported values: " + ", ".join(f'"{word}"' for word in (*POLICIES, "nil"))
        raise _bad_options(FieldError("FieldValueNotSupported", "propagationPolicy", text, policy))
    return options


def _in_query(params: Mapping[str, str]) -> Obj:
    options: Obj = {}
    if "propagationPolicy" in params:
        options["propagationPolicy"] = params["propagationPolicy"]
    if "gracePeriodSeconds" in params:
        options["gracePeriodSeconds"] = whole_number(params["gracePeriodSeconds"])
    if "orphanDependents" in params:
        options["orphanDependents"] = params["orphanDependents"] in ("true", "1")
    return options


def _bad_options(error: FieldError) -> ApiError:
    return invalid("DeleteOptions", "meta.k8s.io", "", [error])
