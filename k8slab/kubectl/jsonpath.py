"""JSONPath templates: text with `{…}` in it, and `{range …}` to `{end}` once for each value found.

Source    staging/src/k8s.io/client-go/util/jsonpath; kubernetes.io, "JSONPath Support"
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from k8slab.kubectl.command import UsageError
from k8slab.objects import parse_path

__all__ = ["json_path", "json_path_template"]

Action = tuple[str, Callable[[Any], list[Any]]]  # "range", "end" or "", and what it finds

ACTION = re.compile(r"(\{(?:[^{}'\"]|'[^']*'|\"[^\"]*\")*\})")

compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def json_path(path: str, obj: Any) -> list[Any]:
    """The values at a path such as `.items[*].metadata.name`, which may do without its first dot. Raises UsageError."""
    path = path if path[:1] in ("$", "@", ".", "[") else f".{path}"
    try:
        return parse_path(path)(obj)
    except ValueError as problem:
        raise UsageError(f"error: {problem}") from None


def json_path_template(template: str, obj: Any) -> str:
    """Fill the `{…}` of a template. Raises UsageError."""
    parts = ACTION.split(template)
    try:
        actions = [_action(part) for part in parts]
    except ValueError as problem:
        raise UsageError(f"error: error parsing jsonpath {template}, {problem}") from None
    try:
        text, rest = _filled(actions, obj)
        if rest:
            raise ValueError("not in range, nothing to end")
    except ValueError as problem:
        raise UsageError(
            f'error: error executing jsonpath "{template}": Error executing template: {problem}. Printing more '
            f"information for debugging the template:\n\ttemplate was:\n\t\t{template}"
        ) from None
    return text


def _action(part: str) -> Action:
    if "{" not in part:
        return "", lambda _: [part]
    if not part.endswith("}"):
        raise ValueError("unterminated array" if part.rfind("[") > part.rfind("]") else "unclosed action")
    inner = part[1:-1].strip()
    word = next((word for word in ("range", "end") if re.match(rf"{word}\b", inner)), "")
    return word, parse_path(inner.removeprefix(word).strip())


def _filled(actions: list[Action], obj: Any) -> tuple[str, list[Action]]:
    """The text up to the `{end}`, and the actions behind it."""
    text = ""
    while actions:
        (word, find), *actions = actions
        if word == "end":
            return text, actions
        found = find(obj)
        if word == "range":
            filled = [_filled(actions, item) for item in found]
            text += "".join(once for once, _ in filled)
            actions = (filled or [_filled(actions, None)])[0][1]
        else:
            text += " ".join(value if isinstance(value, str) else compact(value) for value in found)
    return text, actions
