"""JSON patch: add, remove, replace, move, copy and test, one after the other or not at all.

The server says of any failure only that it was in the request; what exactly failed is the cause of the
error raised here (`error.__cause__`), in the words of the library that the server uses.

Source    RFC 6902; gopkg.in/evanphx/json-patch.v4, patch.go; apiserver/pkg/endpoints/handlers/patch.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.schema.merge import is_same, json_word
from k8slab.wire import BadRequest, Invalid, RequestEntityTooLarge

__all__ = ["MAX_OPERATIONS", "REJECTED", "CannotApply", "json_patch"]

MAX_OPERATIONS = 10_000
REJECTED = "the server rejected our request due to an error in our request"

Operation = dict[str, Any]
Change = Callable[[Any, str], Any]
"""Takes the object or list that holds the target, and the last part of the path; returns its new form."""


class CannotApply(Exception):
    """Why an operation of a JSON patch failed."""


def json_patch(obj: dict[str, Any], operations: Any) -> Any:
    """Apply the operations in order.

    Raises BadRequest for what is no JSON patch, RequestEntityTooLarge for more than MAX_OPERATIONS, and
    Invalid when an operation fails.
    """
    _check(operations)
    doc: Any = obj
    try:
        for operation in operations:
            doc = _applied(doc, operation)
    except CannotApply as error:
        raise Invalid(REJECTED) from error
    return obj if is_same(doc, obj) else doc


def _check(operations: Any) -> None:
    if not isinstance(operations, list):
        raise _undecodable(operations, "value of type []handlers.jsonPatchOp")
    for operation in operations:
        if not isinstance(operation, dict):
            raise _undecodable(operation, "value of type handlers.jsonPatchOp")
        for name in ("op", "path", "from"):
            if not isinstance(operation.get(name, ""), str):
                raise _undecodable(operation[name], f"struct field jsonPatchOp.{name} of type string")
    if len(operations) > MAX_OPERATIONS:
        raise RequestEntityTooLarge(
            "Request entity too large: The allowed maximum operations in a JSON patch is "
            f"{MAX_OPERATIONS}, got {len(operations)}"
        )


def _undecodable(value: Any, target: str) -> BadRequest:
    return BadRequest(f"error decoding patch: json: cannot unmarshal {json_word(value)} into Go {target}")


def _applied(doc: Any, operation: Operation) -> Any:
    op = operation.get("op", "unknown")
    apply = _OPERATIONS.get(op)
    if apply is None:
        raise CannotApply(f"Unexpected kind: {op}")
    if "path" not in operation:
        raise CannotApply(f"{op} operation failed to decode path: missing value")
    return apply(doc, operation)


def _add(doc: Any, operation: Operation) -> Any:
    return _put(doc, "add", operation["path"], operation.get("value"))


def _put(doc: Any, op: str, path: str, value: Any) -> Any:
    def put(holder: Any, key: str) -> Any:
        if isinstance(holder, dict):
            return {**holder, key: value}
        at = len(holder) if key == "-" else _index(key, len(holder) + 1, f"error in {op} for path: '{path}'")
        return [*holder[:at], value, *holder[at:]]

    return value if path == "" else _edited(doc, op, path, put)


def _remove(doc: Any, operation: Operation) -> Any:
    return _without(doc, "remove", operation["path"])


def _without(doc: Any, op: str, path: str) -> Any:
    def without(holder: Any, key: str) -> Any:
        problem = f"error in remove for path: '{path}'"
        if isinstance(holder, list):
            at = _index(key, len(holder), problem)
            return holder[:at] + holder[at + 1 :]
        if key not in holder:
            raise CannotApply(f"{problem}: Unable to remove nonexistent key: {key}: missing value")
        return {name: value for name, value in holder.items() if name != key}

    return _edited(doc, op, path, without)


def _replace(doc: Any, operation: Operation) -> Any:
    path, value = operation["path"], operation.get("value")

    def replaced(holder: Any, key: str) -> Any:
        problem = f"replace operation does not apply: doc is missing key: {path}"
        if isinstance(holder, list):
            at = _index(key, len(holder), problem)
            return [*holder[:at], value, *holder[at + 1 :]]
        if key not in holder:
            raise CannotApply(f"{problem}: missing value")
        return {**holder, key: value}

    return value if path == "" else _edited(doc, "replace", path, replaced)


def _move(doc: Any, operation: Operation) -> Any:
    source = _source(operation)
    value = _found(doc, "move", source)
    return _put(_without(doc, "move", source), "move", operation["path"], value)


def _copy(doc: Any, operation: Operation) -> Any:
    return _put(doc, "copy", operation["path"], _found(doc, "copy", _source(operation)))


def _source(operation: Operation) -> str:
    if "from" not in operation:
        raise CannotApply(f"{operation['op']} operation failed to decode from: missing value")
    return str(operation["from"])


def _test(doc: Any, operation: Operation) -> Any:
    path, wanted = operation["path"], operation.get("value")
    try:
        value = _found(doc, "test", path)
    except KeyError:
        value = None  # what is absent passes for null
    if not is_same(value, wanted):
        raise CannotApply(f"testing value {path} failed: test failed")
    return doc


_OPERATIONS: dict[str, Callable[[Any, Operation], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _edited(doc: Any, op: str, path: str, change: Change) -> Any:
    """Rebuild the document along a path with `change` made at its end."""
    *parents, last = _tokens(op, path)
    holders = [doc]
    for token in parents:
        holders.append(_child(holders[-1], token, op, path))
    if not isinstance(holders[-1], dict | list):
        raise _missing(op, path)
    new = change(holders[-1], last)
    for holder, token in zip(reversed(holders[:-1]), reversed(parents), strict=True):
        new = _with_child(holder, token, new)
    return new


def _found(doc: Any, op: str, path: str) -> Any:
    """Get the value at a path; KeyError if its holder has no such key."""
    if path == "":
        return doc
    *parents, last = _tokens(op, path)
    for token in parents:
        doc = _child(doc, token, op, path)
    if isinstance(doc, dict) and last not in doc:
        if op == "test":
            raise KeyError(last)
        raise CannotApply(f"error in {op} for path: '{path}': Unable to get nonexistent key: {last}: missing value")
    return _child(doc, last, op, path)


def _tokens(op: str, path: str) -> list[str]:
    _, *tokens = path.split("/")
    if not tokens:
        raise _missing(op, path)
    return [token.replace("~1", "/").replace("~0", "~") for token in tokens]


def _child(holder: Any, token: str, op: str, path: str) -> Any:
    if isinstance(holder, dict) and token in holder:
        return holder[token]
    if isinstance(holder, list):
        return holder[_index(token, len(holder), f"{op} operation does not apply")]
    raise _missing(op, path)


def _with_child(holder: Any, token: str, child: Any) -> Any:
    if isinstance(holder, dict):
        return {**holder, token: child}
    at = _index(token, len(holder), "")
    return [*holder[:at], child, *holder[at + 1 :]]


def _index(token: str, length: int, problem: str) -> int:
    """Read an index below `length`; one below zero counts from the end."""
    try:
        index = int(token)
    except ValueError:
        raise CannotApply(f'{problem}: value was not a proper array index: "{token}"') from None
    if not -length <= index < length:
        raise CannotApply(f"{problem}: Unable to access invalid index: {index}: invalid index referenced")
    return index if index >= 0 else index + length


def _missing(op: str, path: str) -> CannotApply:
    return CannotApply(f'{op} operation does not apply: doc is missing path: "{path}": missing value')
