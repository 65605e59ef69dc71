"""x-kubernetes-validations: the rules in CEL that a custom object keeps, read by the library cel-python.

Without the library, and where a rule uses what it does not know, the rule is skipped, and whoever writes the
definition is warned. The cost of a rule is bounded by its length and by the size of the value it looks at.

Source    apiextensions-apiserver/pkg/apiserver/schema/cel/{validation,compilation}.go, model/schemas.go;
          kubernetes.io, "Validation rules"
Left out  static types: a field that does not exist is found when the rule runs; the real cost model; optional
          values (`.?`, optionalOldSelf); the libraries for URLs, quantities, addresses, formats and sets;
          equality of lists of type set and map without regard to order; rules below allOf
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from k8slab.api.custom.cel_functions import FUNCTIONS
from k8slab.api.custom.cel_values import cel_value, size_of
from k8slab.api.custom.values import ABSENT, NOWHERE, old_items
from k8slab.wire import FieldError

__all__ = [
    "Budget",
    "broken",
    "check_rules",
    "skipped",
    "uses_old",
]

Schema = dict[str, Any]
Errors = Iterator[FieldError]

MOST_CHARACTERS = 8192
MOST_STEPS = 200_000  # for all rules of one object; each is of the order of 10 µs
LONGEST_MESSAGE = 5120
MACROS = {"all", "exists", "exists_one", "map", "filter"}
BUILT_IN = {
    *MACROS, "has", "size", "contains", "endsWith", "startsWith", "matches", "bool", "bytes", "double", "duration",
    "int", "string", "timestamp", "type", "uint", "dyn", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
    "getFullYear", "getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds",
}  # fmt: skip
CAUSES: dict[Any, str] = {ZeroDivisionError: "division by zero", IndexError: "index out of bounds"}
OPTIONAL = (".?", "[?", "optional.")
NOT_INSTALLED = "the Python package cel-python is not installed"
OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


class Budget:
    """The steps that the rules of one object may still take."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps


class _Program(NamedTuple):
    """A rule that can be run: what it reads, and how its cost grows with the size of the value."""

    run: Callable[[Schema], Any]
    uses_old: bool
    length: int
    depth: int
    unknown: str  # the first function in it that nobody here knows


def broken(text: str) -> str:
    """Why an expression is no CEL; "" when it is, or when nobody can tell."""
    if not text or _why_skipped(text) or not isinstance(found := _compiled(text), str):
        return ""
    return f"compilation failed: {found}"


def uses_old(text: str) -> bool:
    """The expression looks at what a value was before."""
    found = "" if _why_skipped(text) else _compiled(text)
    return not isinstance(found, str) and found.uses_old


def skipped(rule: Schema) -> str:
    """Why the rule will not be run; "" when it will be."""
    if rule.get("optionalOldSelf"):
        return "optionalOldSelf is not supported"
    return _why_skipped(rule.get("rule") or "")


def check_rules(value: Any, schema: Schema, budget: Budget, path: str = "", old: Any = ABSENT) -> Errors:
    """Which rules the value breaks (`old` is what stood in its place before)."""
    if value is None:
        return
    for rule in schema.get("x-kubernetes-validations") or ():
        if budget.left >= 0 and not skipped(rule):
            yield from _check_rule(rule, value, schema, budget, path, old)
    before = old if isinstance(old, dict) else {}
    if isinstance(value, dict):
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            if isinstance(inner := known.get(name, others), dict):
                place = f"{path}[{name}]" if name not in known else f"{path}.{name}" if path else name
                yield from check_rules(item, inner, budget, place, before.get(name, ABSENT))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, (item, known_item) in enumerate(zip(value, old_items(value, old, schema), strict=True)):
            yield from check_rules(item, schema["items"], budget, f"{path}[{index}]", known_item)


def _check_rule(rule: Schema, value: Any, schema: Schema, budget: Budget, path: str, old: Any) -> Errors:
    program, shown = _compiled(rule["rule"]), schema.get("type", "")
    assert not isinstance(program, str)
    if (program.uses_old and old is ABSENT) or (not program.uses_old and old is not ABSENT and old == value):
        return  # nothing to compare with; or as it was when it was stored
    budget.left -= program.length * max(size_of(value), 1) ** program.depth
    if budget.left < 0:
        yield FieldError("FieldValueInvalid", path or NOWHERE, OUT_OF_BUDGET, shown)
        return
    names = {"self": cel_value(value, schema)}
    if old is not ABSENT:
        names["oldSelf"] = cel_value(old, schema)
    text = (rule.get("message") or rule["rule"]).strip()
    try:
        answer = program.run(names)
    except _errors() as error:
        yield FieldError("FieldValueInvalid", path or NOWHERE, _stumbled(error, text), shown)
        return
    if answer is not True and not (type(answer).__name__ == "BoolType" and answer):
        place = ".".join(part for part in (path, rule.get("fieldPath", "").lstrip(".")) if part)
        reason = rule.get("reason") or "FieldValueInvalid"
        message = "" if reason == "FieldValueDuplicate" else _message(rule, names)
        yield FieldError(reason, place or NOWHERE, message, shown)


def _message(rule: Schema, names: Schema) -> str:
    """What the rule says when it is broken: by its messageExpression, its message, or by showing itself."""
    said = ""
    if (expression := rule.get("messageExpression")) and not _why_skipped(expression):
        program = _compiled(expression)
        assert not isinstance(program, str)
        try:
            said = str(program.run(names)).strip()
        except _errors():
            said = ""
    if said and "\n" not in said and len(said.encode()) <= LONGEST_MESSAGE:
        return said
    return str(rule.get("message") or "").strip() or f"failed rule: {rule['rule'].strip()}"


def _why_skipped(text: str) -> str:
    try:
        import celpy  # noqa: F401
    except ImportError:
        return NOT_INSTALLED
    found = _compiled(text)
    if isinstance(found, str):
        return "optional values are not supported" if any(sign in text for sign in OPTIONAL) else ""
    return f"the function {found.unknown} is not supported" if found.unknown else ""


@lru_cache(maxsize=4096)
def _compiled(text: str) -> _Program | str:
    """The program of an expression, or what is wrong with it."""
    import celpy

    if len(text) > MOST_CHARACTERS:
        return f"the expression has more than {MOST_CHARACTERS} characters"
    environment = celpy.Environment()
    try:
        tree = environment.compile(text)
        depth = _depth(tree)
    except celpy.CELParseError as error:
        return f"ERROR: <input>:{error.line}:{error.column}: Syntax error"
    except RecursionError:
        return "the expression is nested too deeply"
    names = {str(name) for name in tree.scan_values(lambda token: getattr(token, "type", "") == "IDENT")}
    program = environment.program(tree, functions=FUNCTIONS)
    return _Program(program.evaluate, "oldSelf" in names, max(len(text) // 8, 1), depth, _unknown(tree))


def _depth(tree: Any) -> int:
    """How many loops stand in each other."""
    if not hasattr(tree, "children"):
        return 0
    is_loop = tree.data == "member_dot_arg" and str(tree.children[1]) in MACROS
    return is_loop + max((_depth(child) for child in tree.children), default=0)


def _unknown(tree: Any) -> str:
    for found in tree.iter_subtrees():
        name = {"member_dot_arg": 1, "ident_arg": 0}.get(found.data)
        if name is not None and str(found.children[name]) not in BUILT_IN | FUNCTIONS.keys():
            return str(found.children[name])
        if name and str(found.children[name]) == "map" and len(found.children[2].children) > 2:
            return "map with three arguments"
    return ""


def _errors() -> tuple[type[Exception], ...]:
    import celpy

    return (celpy.CELEvalError, ArithmeticError, TypeError, ValueError, LookupError, RecursionError, re.error)


def _stumbled(error: Exception, text: str) -> str:
    """What the real server says when an expression has no value; the library keeps the cause in its error."""
    said, cause, details = (*error.args, None, None, None)[:3]
    if cause is TypeError:
        words = "call arguments did not match a supported operator, function or macro signature for rule"
        return f"'no such overload': {words}: {text}"
    if cause is KeyError:
        said = f"no such key: {details[0] if details else str(said).split(chr(39))[1]}"
    elif cause in CAUSES:
        said = CAUSES[cause]
    elif details:
        said = "integer overflow" if details[0] == "overflow" else details[0]
    return f"{said} evaluating rule: {text}"
