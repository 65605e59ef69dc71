"""Does a value keep to a schema? The checks of a custom object, in the words of the real server.

What did not change since the object was last stored is not held against it again (ratcheting).

Source    k8s.io/kube-openapi/pkg/validation/{errors,validate}; apiextensions-apiserver/pkg/apiserver/validation
          (validation.go, ratcheting.go)
Left out  of several alternatives that all fail, the errors of the one with the fewest are shown; ranges of
          integer formats; ratcheting below oneOf, anyOf and not
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from k8slab.api.custom.formats import FORMATS
from k8slab.wire import FieldError

__all__ = [
    "ABSENT",
    "check",
    "old_items",
    "pattern",
]

Schema = dict[str, Any]
Errors = Iterator[FieldError]
Values = list[Any]

ABSENT: Any = object()
NOWHERE = "<nil>"  # where the server stands when an error is about a choice between schemas


def check(value: Any, schema: Schema, path: str = "", old: Any = ABSENT) -> Errors:
    """What is wrong with a value (`old` is what stood in its place before)."""
    if old is not ABSENT and value == old:
        return
    yield from _type(value, schema, path)
    if value is None:
        return
    yield from _choices(value, schema, path)
    for python_type, checks in _BY_TYPE:
        if isinstance(value, python_type) and not isinstance(value, bool):
            yield from checks(value, schema, path, old)
    yield from _enum(value, schema, path)


@lru_cache(maxsize=1024)
def pattern(text: str) -> Any:
    """A regular expression as Go reads it: ASCII classes, and `$` is only the end. Raises re.error.

    It is RE2's where that is installed, as the real server's is: no text takes it long.
    """
    try:
        import re2
    except ImportError:
        return _pattern(text)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        found = error.args[0]
        raise re.error(found.decode() if isinstance(found, bytes) else str(found)) from None


def _pattern(text: str) -> re.Pattern[str]:
    if text.endswith("$") and not text.endswith("\\$"):
        text = text[:-1] + r"\Z"
    return re.compile(text, re.ASCII)


def old_items(items: Values, old: Any, schema: Schema) -> Values:
    """For each item of a list the item that it was before: found by its keys in a list of type map, else nowhere."""
    keys = schema.get("x-kubernetes-list-map-keys") or []
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return [ABSENT] * len(items)
    known = {_key(item, keys): item for item in old if isinstance(item, dict)}
    return [known.get(_key(item, keys), ABSENT) if isinstance(item, dict) else ABSENT for item in items]


def _key(item: Schema, keys: Values) -> str:
    return json.dumps([item.get(key) for key in keys], sort_keys=True, default=str)


def _invalid(path: str, value: Any, text: str) -> FieldError:
    return FieldError("FieldValueInvalid", path or NOWHERE, f"{path} in body {text}", value)


def _type(value: Any, schema: Schema, path: str) -> Errors:
    types = ("integer", "string") if schema.get("x-kubernetes-int-or-string") else (schema.get("type"),)
    if types == (None,) or types == ("",):
        return
    found = _type_name(value)
    if found == "null" and schema.get("nullable"):
        return
    is_fine = found in types or (found == "integer" and "number" in types)
    if found == "number" and "integer" in types and float(value).is_integer():
        is_fine = True
    if not is_fine:
        wanted = ",".join(str(name) for name in types)
        text = f'{path} in body must be of type {wanted}: "{found}"'
        yield FieldError("FieldValueTypeInvalid", path or NOWHERE, text, found)


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "object")


def _choices(value: Any, schema: Schema, path: str) -> Errors:
    """AnyOf, oneOf, allOf, not."""
    place = path
    if alternatives := schema.get("anyOf"):
        failures = [list(check(value, each, path)) for each in alternatives]
        if all(failures):
            yield _no_choice(f'"{place}" must validate at least one schema (anyOf)')
            yield from min(failures, key=len)
    if alternatives := schema.get("oneOf"):
        failures = [list(check(value, each, path)) for each in alternatives]
        valid = sum(not each for each in failures)
        if valid != 1:
            found = f"Found {valid} valid alternatives" if valid else "Found none valid"
            yield _no_choice(f'"{place}" must validate one and only one schema (oneOf). {found}')
        if not valid:
            yield from min(failures, key=len)
    if alternatives := schema.get("allOf"):
        failures = [list(check(value, each, path)) for each in alternatives]
        for each in failures:
            yield from each
        if any(failures):
            none = ". None validated" if all(failures) else ""
            yield _no_choice(f'"{place}" must validate all the schemas (allOf){none}')
    if schema.get("not") and not any(True for _ in check(value, schema["not"], path)):
        yield _no_choice(f'"{place}" must not validate the schema (not)')


def _no_choice(text: str) -> FieldError:
    return FieldError("FieldValueInvalid", NOWHERE, text, "")


def _string(value: str, schema: Schema, path: str, old: Any) -> Errors:
    if (most := schema.get("maxLength")) is not None and len(value) > most:
        yield FieldError("FieldValueTooLong", path, f"may not be more than {most} bytes", value)
    if (least := schema.get("minLength")) is not None and len(value) < least:
        yield _invalid(path, value, f"should be at least {least} chars long")
    if (text := schema.get("pattern")) and not pattern(text).search(value):
        yield _invalid(path, value, f"should match '{text}'")
    is_right = FORMATS.get(schema.get("format", ""))
    if is_right is not None and not is_right(value):
        text = f"{path} in body must be of type {schema['format']}: {json.dumps(value, ensure_ascii=False)}"
        yield FieldError("FieldValueTypeInvalid", path, text, value)


def _number(value: float, schema: Schema, path: str, old: Any) -> Errors:
    factor = schema.get("multipleOf")
    if factor and not (value / factor).is_integer():
        yield _invalid(path, value, f"should be a multiple of {_shown(factor)}")
    most, least = schema.get("maximum"), schema.get("minimum")
    if most is not None:
        if schema.get("exclusiveMaximum"):
            if value >= most:
                yield _invalid(path, value, f"should be less than {_shown(most)}")
        elif value > most:
            yield _invalid(path, value, f"should be less than or equal to {_shown(most)}")
    if least is not None:
        if schema.get("exclusiveMinimum"):
            if value <= least:
                yield _invalid(path, value, f"should be greater than {_shown(least)}")
        elif value < least:
            yield _invalid(path, value, f"should be greater than or equal to {_shown(least)}")


def _shown(limit: float) -> str:
    return str(int(limit)) if float(limit).is_integer() else str(limit)


def _array(value: Values, schema: Schema, path: str, old: Any) -> Errors:
    if isinstance(schema.get("items"), dict):
        before = old_items(value, old, schema)
        for index, item in enumerate(value):
            yield from check(item, schema["items"], f"{path}[{index}]", before[index])
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and len(value) < least:
        yield _invalid(path, value, f"should have at least {least} items")
    if most is not None and len(value) > most:
        yield FieldError("FieldValueTooMany", path, f"must have at most {most} items", len(value))


def _object(value: Schema, schema: Schema, path: str, old: Any) -> Errors:
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is not None and len(value) < least:
        yield _invalid(path, value, f"should have at least {least} properties")
    if most is not None and len(value) > most:
        yield FieldError("FieldValueTooMany", path, f"must have at most {most} items", len(value))
    known, others = schema.get("properties") or {}, schema.get("additionalProperties")
    before = old if isinstance(old, dict) else {}
    for name, item in value.items():
        inner = known.get(name, others)
        if isinstance(inner, dict):
            yield from check(item, inner, f"{path}.{name}" if path else name, before.get(name, ABSENT))
    for name in schema.get("required") or ():
        if name not in value:
            yield FieldError("FieldValueRequired", f"{path}.{name}" if path else name)


def _enum(value: Any, schema: Schema, path: str) -> Errors:
    words = schema.get("enum")
    if words and not any(word == value and type(word) is type(value) for word in words):
        shown = ", ".join(f'"{word if isinstance(word, str) else _json(word)}"' for word in words)
        yield FieldError("FieldValueNotSupported", path, f"supported values: {shown}", value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


_BY_TYPE: tuple[tuple[type | tuple[type, ...], Callable[[Any, Schema, str, Any], Errors]], ...] = (
    (str, _string),
    ((int, float), _number),
    (list, _array),
    (dict, _object),
)
