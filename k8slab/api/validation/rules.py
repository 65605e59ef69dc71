"""How the rules of one kind are put together: what holds for every object, and what for this kind.

Types and unknown fields have been checked before (schema), so a rule finds every field absent or of its type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from k8slab.api.validation.meta import Errors, finalizer_names, metadata, metadata_update
from k8slab.wire import FieldError

__all__ = [
    "Rules",
    "nothing",
    "of_stored_form",
    "rules",
]

Obj = dict[str, Any]

CHANGEABLE = ("labels", "annotations", "ownerReferences", "finalizers", "generateName")  # of metadata


class Rules(NamedTuple):
    """The occasions on which an object is checked; each answers what is wrong (`parts`: updates by a subresource)."""

    create: Callable[[Obj], list[FieldError]]
    update: Callable[[Obj, Obj], list[FieldError]]
    status: Callable[[Obj, Obj], list[FieldError]]
    parts: Mapping[str, Callable[[Obj, Obj], list[FieldError]]] = {}


def of_stored_form(rules: Rules, stored: Callable[[Obj], Obj]) -> Rules:
    """The rules of a kind for its objects in another version."""
    return Rules(
        lambda obj: rules.create(stored(obj)),
        lambda new, old: rules.update(stored(new), stored(old)),
        lambda new, old: rules.status(stored(new), stored(old)),
    )


def nothing(*objs: Obj) -> Errors:
    """No rule."""
    return iter(())


def rules(
    check_name: Callable[[str], Any],
    spec: Callable[[Obj], Iterator[FieldError]] = nothing,
    change: Callable[[Obj, Obj], Iterator[FieldError]] = nothing,
    finalizers: Callable[[Obj], Iterator[FieldError]] = finalizer_names,
    *,
    change_first: bool = True,
) -> Rules:
    """The rules of a kind: its name, its spec, what may change; `change_first` is the order in which errors stand."""

    def create(obj: Obj) -> list[FieldError]:
        return [*metadata(obj, check_name), *finalizers(obj), *spec(obj)]

    def update(new: Obj, old: Obj) -> list[FieldError]:
        found: list[FieldError] = []
        if any(new["metadata"].get(name) != old["metadata"].get(name) for name in CHANGEABLE):
            found = [*metadata_update(new, old), *metadata(new, check_name), *finalizers(new)]
        return [*found, *change(new, old), *spec(new)] if change_first else [*found, *spec(new), *change(new, old)]

    def status(new: Obj, old: Obj) -> list[FieldError]:
        return [*metadata_update(new, old)]

    return Rules(create, update, status)
