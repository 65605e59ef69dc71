"""What a write may say beside its body: in whose name it writes, and whether an apply may take from others.

Source    apimachinery/pkg/apis/meta/v1/validation/validation.go (ValidatePatchOptions, ValidateFieldManager)
"""

from __future__ import annotations

from k8slab.wire import FieldError, Request, invalid

__all__ = [
    "APPLY",
    "check_options",
]

APPLY = "application/apply-patch+yaml"
LONGEST_NAME = 128
OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}


def check_options(request: Request, *, is_apply: bool = False) -> None:
    """Raises Invalid for a fieldManager that is none, or a force that forces nothing."""
    if not request.params and not is_apply:
        return
    name, errors = request.params.get("fieldManager", ""), []
    if is_apply and not name:
        errors.append(FieldError("FieldValueRequired", "fieldManager", "is required for apply patch"))
    if not is_apply and request.verb == "patch" and "force" in request.params:
        errors.append(FieldError("FieldValueForbidden", "force", "may not be specified for non-apply patch"))
    if len(name.encode()) > LONGEST_NAME:
        text = f"may not be more than {LONGEST_NAME} bytes"
        errors.append(FieldError("FieldValueTooLong", "fieldManager", text))
    for at, letter in enumerate(name):
        if not letter.isprintable():
            text = f"invalid character U+{ord(letter):04X} (at position {at})"
            errors.append(FieldError("FieldValueInvalid", "fieldManager", text, name))
    if errors:
        raise invalid(OPTIONS[request.verb], "meta.k8s.io", "", errors)
