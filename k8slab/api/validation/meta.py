"""The rules for metadata that all kinds share.

Source    staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go, pkg/apis/meta/v1/validation
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8slab.objects import is_dns1123_label, is_label_value, is_qualified_name
from k8slab.wire import FieldError

__all__ = [
    "config_key",
    "duplicate",
    "finalizer_names",
    "forbidden",
    "immutable",
    "invalid",
    "label_selector",
    "labels",
    "metadata",
    "metadata_update",
    "not_found",
    "not_negative",
    "not_supported",
    "required",
]

Obj = dict[str, Any]
Errors = Iterator[FieldError]
NameCheck = Callable[[str], Sequence[str]]

CONFIG_KEY = r"[-._a-zA-Z0-9]+"
STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
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


def duplicate(field: str, value: Any) -> FieldError:
    """A value that stands here for the second time."""
    return FieldError("FieldValueDuplicate", field, "", value)


def not_found(field: str, value: Any) -> FieldError:
    """A name of something that is not there."""
    return FieldError("FieldValueNotFound", field, "", value)


def not_negative(value: int, field: str) -> Errors:
    """A number from zero on."""
    if value < 0:
        yield invalid(field, value, "must be greater than or equal to 0")


def not_supported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    """A word that is none of the known ones, which the server names in the order given here."""
    words = ", ".join(f'"{word}"' for word in supported)
    return FieldError("FieldValueNotSupported", field, f"supported values: {words}", value)


def immutable(field: str, new: Any, old: Any) -> Errors:
    """The field must be as it was."""
    if new != old:
        yield invalid(field, new, "field is immutable")


def config_key(key: str, field: str) -> Errors:
    """A key of a ConfigMap or a Secret."""
    if len(key) > 253:
        yield invalid(field, key, "must be no more than 253 bytes")
    if not re.fullmatch(CONFIG_KEY, key):
        text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        examples = "'key.name',  or 'KEY_NAME',  or 'key-name'"
        yield invalid(field, key, f"{text} (e.g. {examples}, regex used for validation is '{CONFIG_KEY}')")
    if key in (".", ".."):
        yield invalid(field, key, f"must not be '{key}'")
    elif key.startswith(".."):
        yield invalid(field, key, "must not start with '..'")


def metadata(obj: Obj, check_name: NameCheck) -> Errors:
    """The rules for the metadata of any object."""
    given = obj["metadata"]
    if given.get("generateName"):
        for problem in check_name(_masked(given["generateName"])):
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
    if given.get("ownerReferences"):
        yield from _owners(given["ownerReferences"])
    if given.get("finalizers"):
        yield from _finalizers(given["finalizers"])


def _masked(base: str) -> str:
    """The beginning of a name with an "a" for its last dash, which is no last letter once the name is made."""
    return base[:-2] + "a" if len(base) > 1 and base.endswith("-") else base


def _finalizers(names: list[str]) -> Errors:
    for name in names:
        for problem in is_qualified_name(name):
            yield invalid("metadata.finalizers", name, problem)
    if {"orphan", "foregroundDeletion"} <= set(names):
        text = "finalizer orphan and foregroundDeletion cannot be both set"
        yield invalid("metadata.finalizers", names, text)


def finalizer_names(obj: Obj) -> Errors:
    """What most kinds ask of finalizers besides: those of nobody's domain are Kubernetes' own."""
    for i, name in enumerate(obj["metadata"].get("finalizers") or ()):
        if "/" not in name and name not in STANDARD_FINALIZERS:
            text = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid(f"metadata.finalizers[{i}]", name, text)


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
    field, first = "metadata.ownerReferences", ""
    for reference in references:
        if not reference.get("apiVersion"):
            yield invalid(f"{field}.apiVersion", "", "version must not be empty")
        for name in ("kind", "name", "uid"):
            if not reference.get(name):
                yield invalid(f"{field}.{name}", "", "must not be empty")
        if (reference.get("apiVersion"), reference.get("kind")) == ("v1", "Event"):
            yield invalid(field, reference, "/v1, Kind=Event is disallowed from being an owner")
        if not reference.get("controller"):
            continue
        controller = f"{reference.get('kind')}/{reference.get('name')}"
        if first:
            text = 'Only one reference can have Controller set to true. Found "true" in references for'
            yield invalid(field, references, f"{text} {first} and {controller}")
        first = first or controller


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
        op, values, key = expression.get("operator", ""), expression.get("values") or (), expression.get("key", "")
        if op in ("In", "NotIn"):
            if not values:
                yield required(f"{place}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif op in ("Exists", "DoesNotExist"):
            if values:
                yield forbidden(f"{place}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        else:
            yield invalid(f"{place}.operator", op, "not a valid selector operator")
        for problem in is_qualified_name(key):
            yield invalid(f"{place}.key", key, problem)
        for j, value in enumerate(values):
            for problem in is_label_value(value):
                yield invalid(f"{place}.values[{j}]", value, problem)
