"""Copies and signatures of objects, and objects that nobody can change: the proof that what is shared stays itself."""

from __future__ import annotations

import marshal
from typing import Any, NoReturn

from k8slab.objects.deferred import Deferred

__all__ = [
    "freeze",
    "signature",
    "thaw",
]

VALUES_ONLY = 2  # the version of marshal that does not tell whether two values are the same object


def thaw(obj: Any) -> Any:
    """An independent deep copy of a wire-form value. Raises ValueError for what JSON does not know."""
    try:
        return marshal.loads(marshal.dumps(_worked_out(obj)))
    except ValueError:  # something frozen in it
        return marshal.loads(marshal.dumps(_plain(obj)))


def signature(obj: Any) -> bytes:
    """The same bytes for the same value, written in the same order."""
    try:
        return marshal.dumps(obj, VALUES_ONLY)
    except ValueError:  # something frozen in it
        return marshal.dumps(_plain(obj), VALUES_ONLY)


def freeze(obj: Any) -> Any:
    """The same value, of dicts and lists that raise TypeError when somebody tries to change them."""
    if type(obj) in (_Dict, _List):
        return obj
    if isinstance(obj, dict):
        return _Dict((name, freeze(value)) for name, value in obj.items())
    return _List(map(freeze, obj)) if isinstance(obj, list) else obj


def _worked_out(obj: Any) -> Any:
    """The same object, or list of objects, with a managedFields that is a list."""
    if type(obj) is not dict:
        return obj
    metadata = obj.get("metadata")
    if type(metadata) is dict and isinstance(fields := metadata.get("managedFields"), Deferred):
        rest = {name: value for name, value in metadata.items() if name != "managedFields"}
        obj = {**obj, "metadata": {**rest, "managedFields": fields.as_list()} if fields else rest}
    for name in ("items", "rows", "object"):
        below = obj.get(name)
        if type(below) is list:
            obj = {**obj, name: [_worked_out(item) for item in below]}
        elif name == "object" and type(below) is dict:
            obj = {**obj, name: _worked_out(below)}
    return obj


def _plain(obj: Any) -> Any:
    if isinstance(obj, Deferred):
        obj = obj.as_list()
    if isinstance(obj, dict):
        return {name: _plain(value) for name, value in obj.items()}
    return [_plain(value) for value in obj] if isinstance(obj, list) else obj


def _refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    raise TypeError("this object is shared and must not be changed in place")


class _Dict(dict[str, Any]):
    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class _List(list[Any]):
    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse
