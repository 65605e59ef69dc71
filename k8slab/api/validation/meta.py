"""The rules for metadata that all kinds share.

Source    staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go, pkg/apis/meta/v1/validation
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8slab.objects import is_dns1123_label, is_label_value, is_qualified_name
from k8slab.wire import FieldError

__all__ = [
    "forbidden",
    "immutable",
    "invalid",
    "label_selector",
    "labels",
    "metadata",
    "metadata_update",
    "not_supported",
    "required",
]

Obj = dict[str, Any]
Errors = Iterator[FieldError]
NameCheck = Callable[[str], Sequence[str]]

ANNOTATIONS_MOST_BYTES = 256 * 1024


def required(field: str, detail: str = "") -> FieldError:
    """A field that must be there."""
    return FieldError("FieldValueRequired", field, detail)


def invalid(field: str, value: Any, detail: str) -> FieldError:
    """A value that breaks a rule."""
    return FieldError("FieldValueInvalid", field, detail, value)


def forbidden(field: str, detail: str) -> FieldError:
    """A field that must not be there."""
    return FieldError("FieldValueForbidden", field, detail)


def not_supported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    """A word that is none of the known ones."""
    words = ", ".join(f'"{word}"' for word in sorted(supported))
    return FieldError("FieldValueNotSupported", field, f"supported values: {words}", value)


def immutable(field: str, new: Any, old: Any) -> Errors:
    """The field must be as it was."""
    if new != old:
        yield invalid(field, new, "field is immutable")


def metadata(obj: Obj, check_name: NameCheck) -> Errors:
    """The rules for the metadata of any object."""
    given = obj["metadata"]
    if given.get("generateName"):
        for problem in check_name(given["generateName"].rstrip("-") or "x"):
            yield invalid("metadata.generateName", given["generateName"], problem)
    for problem in check_name(given["name"]):
        yield invalid("metadata.name", given["name"], problem)
    if given.get("namespace"):
        for problem in is_dns1123_label(given["namespace"]):
            yield invalid("metadata.namespace", given["namespace"], problem)
    if given.get("labels"):
        yield from labels(given["labels"], "metadata.labels")
    if given.get("annotations"):
        yield from _annotations(given["annotations"])
    for name in given.get("finalizers") or ():
        for problem in is_qualified_name(name):
            yield invalid("metadata.finalizers", name, problem)
    if given.get("ownerReferences"):
        yield from _owners(given["ownerReferences"])


def labels(given: Mapping[str, str], field: str) -> Errors:
    """Keys and values of labels."""
    for key, value in given.items():
        for problem in is_qualified_name(key):
            yield invalid(field, key, problem)
        for problem in is_label_value(value):
            yield invalid(field, value, problem)


def _annotations(given: Mapping[str, str]) -> Errors:
    field = "metadata.annotations"
    for key in given:
        for problem in is_qualified_name(key.lower()):
            yield invalid(field, key, problem)
    if sum(len(key) + len(value) for key, value in given.items()) > ANNOTATIONS_MOST_BYTES:
        detail = f"may not be more than {ANNOTATIONS_MOST_BYTES} bytes"
        yield FieldError("FieldValueTooLong", field, detail)


def _owners(references: list[Obj]) -> Errors:
    field = "metadata.ownerReferences"
    controllers = []
    for i, reference in enumerate(references):
        for name in ("apiVersion", "kind", "name", "uid"):
            if not reference.get(name):
                yield invalid(f"{field}[{i}].{name}", "", "must not be empty")
        if reference.get("controller"):
            controllers.append(reference)
    if len(controllers) > 1:
        first, second = (f"{r.get('kind')}/{r.get('name')}" for r in controllers[:2])
        text = (
            f'Only one reference can have Controller set to true. Found "true" in references for {first} and {second}'
        )
        yield invalid(field, references, text)


def metadata_update(new: Obj, old: Obj) -> Errors:
    """What an update may not do to metadata: add finalizers to an object that is being deleted."""
    before, after = old["metadata"], new["metadata"]
    if before.get("deletionTimestamp"):
        added = [name for name in after.get("finalizers") or () if name not in (before.get("finalizers") or ())]
        if added:
            shown = " ".join(f'"{name}"' for name in added)
            text = "no new finalizers can be added if the object is being deleted"
            yield forbidden("metadata.finalizers", f"{text}, found new finalizers []string{{{shown}}}")


def label_selector(selector: Obj, field: str) -> Errors:
    """A LabelSelector: its labels and the operators of its expressions."""
    yield from labels(selector.get("matchLabels") or {}, f"{field}.matchLabels")
    for i, expression in enumerate(selector.get("matchExpressions") or ()):
        place = f"{field}.matchExpressions[{i}]"
        op, values = expression.get("operator", ""), expression.get("values")
        for problem in is_qualified_name(expression.get("key", "")):
            yield invalid(f"{place}.key", expression.get("key", ""), problem)
        if op in ("In", "NotIn"):
            if not values:
                yield required(f"{place}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif op in ("Exists", "DoesNotExist"):
            if values:
                yield forbidden(f"{place}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        else:
            yield invalid(f"{place}.operator", op, "not a valid selector operator")
