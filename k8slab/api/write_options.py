"""What a write may say beside its body: in whose name it writes, whether an apply may take from others, if it is meant.

Source    apimachinery/pkg/apis/meta/v1/validation/validation.go (ValidatePatchOptions, ValidateFieldManager,
          ValidateDryRun, ValidateFieldValidation)
"""

from __future__ import annotations

from typing import Any

from k8slab.wire import FieldError, Request, invalid

__all__ = [
    "APPLY",
    "check_options",
]

APPLY = "application/apply-patch+yaml"
LONGEST_NAME = 128
VALIDATIONS = ("", "Ignore", "Strict", "Warn")
OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}


def check_options(request: Request, *, is_apply: bool = False) -> None:
    """Raises Invalid for a fieldManager that is none, a force that forces nothing, a wish that nobody knows."""
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
    if (wish := request.params.get("dryRun", "All")) not in ("", "All"):
        errors.append(_unknown("dryRun", [wish], "All"))
    if (wish := request.params.get("fieldValidation", "")) not in VALIDATIONS:
        errors.append(_unknown("fieldValidation", wish, *VALIDATIONS))
    if errors:
        raise invalid(OPTIONS[request.verb], "meta.k8s.io", "", errors)


def _unknown(field: str, wish: Any, *words: str) -> FieldError:
    return FieldError("FieldValueNotSupported", field, "supported values: " + ", ".join(f'"{w}"' for w in words), wish)
