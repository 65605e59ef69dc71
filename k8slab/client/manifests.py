"""Reading manifests: YAML or JSON text, many documents, `List`s; never more than a cluster would take.

Only plain data is built (no tags), aliases may not swell, and what a Go client reads as text stays text:
dates and 22:22 are no numbers here.

Source    staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go;
          staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from k8slab.wire import BadRequest

__all__ = [
    "MANIFEST_LIMIT_BYTES",
    "load_manifests",
]

Obj = dict[str, Any]

MANIFEST_LIMIT_BYTES = 3 * 1024 * 1024  # the API server's limit for one body
NODE_LIMIT = 200_000
DEPTH_LIMIT = 100


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain data only, every key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are all different texts. Raises a YAML error otherwise."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = key_node.value
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'key "{key}" already set in map', key_node.start_mark
                )
            seen.add(key)
        self.flatten_mapping(node)
        return {str(k): v for k, v in super().construct_mapping(node, deep).items()}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag.rpartition(":")[2] not in ("timestamp", "int", "float")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9][0-9]*|0o?[0-7]+|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?$"),
    list("-+0123456789."),
)


def load_manifests(source: str | Path | Obj | Iterable[Obj]) -> list[Obj]:
    """The objects in a text, a file, a folder of files, one object, or several.

    A `str` without a line break that names an existing file or folder is read as a path.
    Raises BadRequest with the place of the mistake.
    """
    if isinstance(source, dict):
        return list(_flat(source, "object"))
    if not isinstance(source, (str, Path)):
        return [obj for part in source for obj in load_manifests(part)]
    text = str(source)
    if isinstance(source, Path) or _looks_like_path(text):
        return _load_path(Path(text))
    return _load_text(text, "STDIN")


def _looks_like_path(text: str) -> bool:
    if "\n" in text or not text.strip() or len(text) > 4096 or text.lstrip().startswith("{"):
        return False
    if Path(text).exists():
        return True
    if ":" not in text:
        raise BadRequest(f'error: the path "{text}" does not exist')
    return False


def _load_path(path: Path) -> list[Obj]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml", ".json"))
        return [obj for file in files for obj in _load_path(file)]
    if not path.is_file():
        raise BadRequest(f'error: the path "{path}" does not exist')
    if path.stat().st_size > MANIFEST_LIMIT_BYTES:
        raise BadRequest(f"error: {path} is larger than {MANIFEST_LIMIT_BYTES} bytes")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadRequest(f"error: error parsing {path}: invalid UTF-8") from None
    return _load_text(text, str(path))


def _load_text(text: str, origin: str) -> list[Obj]:
    if len(text.encode("utf-8", "replace")) > MANIFEST_LIMIT_BYTES:
        raise BadRequest(f"error: error parsing {origin}: larger than {MANIFEST_LIMIT_BYTES} bytes")
    try:
        _check_size(text)
        documents = list(yaml.load_all(text, Loader=_Loader))  # _Loader builds plain data only
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        where = f"line {line}: " if line else ""
        problem = error.problem or error.context or "cannot be read"
        text = f"error: error parsing {origin}: error converting YAML to JSON: yaml: {where}{problem}"
        raise BadRequest(text) from None
    except (yaml.YAMLError, ValueError, RecursionError, _TooMuch) as error:
        raise BadRequest(f"error: error parsing {origin}: error converting YAML to JSON: yaml: {error}") from None
    return [obj for document in documents if document is not None for obj in _flat(document, origin)]


class _TooMuch(Exception):
    """The document would grow beyond what a cluster takes."""


def _check_size(text: str) -> None:
    """Count what the document is once every alias is written out. Raises _TooMuch."""
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in (anchor for anchor, _ in open_):
                raise _TooMuch(f"anchor '{event.anchor}' value contains itself")
            total += sizes.get(event.anchor or "", 0)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            open_.append((event.anchor, total))
            total += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            anchor, before = open_.pop()
            if anchor:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        if total > NODE_LIMIT:
            raise _TooMuch("document contains excessive aliasing")
        if len(open_) > DEPTH_LIMIT:
            raise _TooMuch("exceeded max depth")


def _flat(document: Any, origin: str) -> Iterator[Obj]:
    """The document, or the items of a List."""
    if not isinstance(document, dict):
        raise BadRequest(
            f"error: error parsing {origin}: json: cannot unmarshal {_go_type(document)} "
            "into Go value of type map[string]interface {}"
        )
    for field in ("apiVersion", "kind"):
        if not isinstance(document.get(field), str) or not document[field]:
            title = field[0].upper() + field[1:] if field == "kind" else field
            raise BadRequest(
                f"error: unable to decode \"{origin}\": Object '{title}' is missing in '{_short(document)}'"
            )
    if document["kind"].endswith("List") and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _flat(item, origin)
    else:
        yield document


def _go_type(value: Any) -> str:
    return {str: "string", list: "array", bool: "bool", int: "number", float: "number"}.get(type(value), "value")


def _short(document: Obj) -> str:
    import json

    text = json.dumps(document, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else text[:200] + "…"
