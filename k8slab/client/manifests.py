"""Reading manifests: YAML or JSON text, many documents, `List`s; never more than a cluster would take.

Only plain data is built (no tags), aliases may not swell, and what a Go client reads as text stays text:
dates and 22:22 are no numbers here.

Source    staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go;
          staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go; go.yaml.in/yaml/v2 (decode.go, fail)
Left out  what kubectl takes in silence: of a key that is given twice it takes the last, here it is a mistake
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from k8slab.wire import BadRequest

__all__ = [
    "MANIFEST_LIMIT_BYTES",
    "compose_documents",
    "load_document",
    "load_manifests",
]

Obj = dict[str, Any]

UNDEFINED = re.compile(r"found undefined alias(?: '(.*)')?")
TOO_DEEP = "exceeded max depth"
LIBYAML_TOO_DEEP = "exceeded maximum nesting depth"
UNPLACED = ("value contains itself", "excessive aliasing")
MANIFEST_LIMIT_BYTES = 3 * 1024 * 1024  # the API server's limit for one body
NODE_LIMIT = 200_000
DEPTH_LIMIT = 100
MOST_DIGITS = 100
MERGE = "tag:yaml.org,2002:merge"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain data only, every key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        """A mapping whose keys are all different texts. Raises a YAML error otherwise."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            key = self._key_text(key_node)
            if key in seen:
                raise _mistake(f'key "{key}" already set in map', key_node)
            seen.add(key)
        self.flatten_mapping(node)
        return {self._key_text(key): self.construct_object(value, deep=deep) for key, value in node.value}

    def _key_text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null":
            raise _mistake("a key must be a text or a number", node)
        value = self.construct_object(node)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def plain_int(self, node: yaml.ScalarNode) -> int | float:
        """A number as Go reads it: underscores, 0x, 0o, 0b and a leading 0 for octal; beyond 64 bits inexact."""
        text = node.value.replace("_", "").lower()
        number = int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", text), 0) if len(text) <= MOST_DIGITS else None
        return number if number is not None and -(2**63) <= number < 2**64 else self.plain_float(node)

    def plain_float(self, node: yaml.ScalarNode) -> int | float:
        """A number with a fraction; without one it is whole once it is JSON."""
        number = float(node.value.replace("_", ""))
        if not math.isfinite(number):
            raise ValueError("unsupported value")
        return int(number) if number.is_integer() and abs(number) < 1e21 else number

    def plain_bool(self, node: yaml.ScalarNode) -> bool:
        """True or false in any of YAML 1.1's words."""
        return bool({"y": True, "n": False, **self.bool_values}[node.value.lower()])


def _mistake(problem: str, node: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)  # type: ignore[arg-type]


def _guarded(construct: Callable[[_Loader, yaml.ScalarNode], Any]) -> Callable[[_Loader, yaml.Node], Any]:
    """A scalar that does not fit its tag is a mistake at its place."""

    def guarded(loader: _Loader, node: yaml.Node) -> Any:
        try:
            if isinstance(node, yaml.ScalarNode):
                return construct(loader, node)
        except (ValueError, KeyError):
            pass
        value = f" `{node.value}`" if isinstance(node, yaml.ScalarNode) else ""
        raise _mistake(f"cannot decode{value[:60]} as a !!{node.tag.rpartition(':')[2]}", node)

    return guarded


_CORE: dict[str, Callable[[_Loader, yaml.ScalarNode], Any]] = {
    "int": _Loader.plain_int,
    "float": _Loader.plain_float,
    "bool": _Loader.plain_bool,
}
_Loader.yaml_constructors = {
    tag: construct
    for tag, construct in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in ("null", "str", "seq", "map")
} | {f"tag:yaml.org,2002:{name}": _guarded(construct) for name, construct in _CORE.items()}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag.rpartition(":")[2] in ("null", "bool", "merge")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"^[-+]?(0|[1-9][0-9_]*|0o?[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$"), list("yYnN"))


def load_manifests(source: str | Path | Obj | Iterable[Obj]) -> list[Obj]:
    """The objects in a text, a file, a folder of files, one object, or several.

    A `str` without a line break that names an existing file or folder is read as a path.
    Raises BadRequest with the place of the mistake.
    """
    if isinstance(source, dict):
        return list(_flat(source, "object"))
    if isinstance(source, bytes) or not isinstance(source, Iterable | Path):
        raise BadRequest(f"error: a manifest is a text, a path or an object, not {type(source).__name__}")
    if not isinstance(source, (str, Path)):
        return [obj for part in source for obj in load_manifests(part)]
    text = str(source)
    if isinstance(source, Path) or _looks_like_path(text):
        return _load_path(Path(text))
    return _load_text(text, "STDIN")


def compose_documents(text: str) -> list[yaml.Node]:
    """The nodes of every document that is not empty, with their places. Raises yaml.YAMLError."""
    _check_size(text)
    return [node for node in yaml.compose_all(text, Loader=_Loader) if not node.tag.endswith(":null")]


def load_document(text: str) -> Any:
    """The value of one YAML document, None for an empty text. Raises BadRequest with the place of the mistake."""
    found = _documents(text, "the body")
    if len(found) > 1:
        raise BadRequest("error: the body holds more than one document")
    return found[0] if found else None


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
    found = [document for document in _documents(text, origin) if document is not None]
    if len(found) == 1:
        return list(_flat(found[0], origin))
    return [obj for i, document in enumerate(found, 1) for obj in _flat(document, f"{origin}, document {i}")]


def _documents(text: str, origin: str) -> list[Any]:
    try:
        raw = text.encode()
        _check_size(text)
        return list(yaml.load_all(text, Loader=_Loader))  # _Loader builds plain data only
    except UnicodeEncodeError:
        raise BadRequest(f"error: error parsing {origin}: invalid UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line, problem = _line(error, text), error.problem or error.context or "cannot be read"
        problem = TOO_DEEP if problem == LIBYAML_TOO_DEEP else problem
        if undefined := UNDEFINED.fullmatch(problem):
            problem = f"unknown anchor '{undefined[1] or _alias(error, text)}' referenced"
    except yaml.reader.ReaderError as error:
        line, problem = raw[: error.position].count(b"\n") + 1, "control characters are not allowed"
    where = f"line {line}: " if line else ""
    raise BadRequest(f"error: error parsing {origin}: error converting YAML to JSON: yaml: {where}{problem}")


def _line(error: yaml.MarkedYAMLError, text: str) -> int:
    """The line of a mistake in its document, as go-yaml counts it: of aliases never, of the grammar from 0."""
    mark, problem = error.problem_mark or error.context_mark, error.problem or ""
    if mark is None or problem.endswith(UNPLACED) or UNDEFINED.fullmatch(problem):
        return 0
    before = text.split("\n")[: mark.line]
    begins = max((number for number, line in enumerate(before, 1) if line.startswith("---")), default=0)
    return mark.line - begins + (not isinstance(error, yaml.parser.ParserError))


def _alias(error: yaml.MarkedYAMLError, text: str) -> str:
    """The name of the alias that a mistake is about."""
    mark = error.problem_mark or error.context_mark
    rest = text.split("\n")[mark.line][mark.column :] if mark else ""
    return re.match(r"\*?([\w-]*)", rest)[1]  # type: ignore[index]


def _check_size(text: str) -> None:
    """Count what the document is once every alias is written out. Raises a YAML error."""
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in (anchor for anchor, _ in open_):
                raise _mistake(f"anchor '{event.anchor}' value contains itself", event)
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
            raise _mistake("document contains excessive aliasing", event)
        if len(open_) > DEPTH_LIMIT:
            raise _mistake(TOO_DEEP, event)


def _flat(document: Any, origin: str) -> Iterator[Obj]:
    """The document, or the items of a List."""
    if not isinstance(document, dict):
        raise BadRequest(
            f"error: error parsing {origin}: json: cannot unmarshal {_go_type(document)} "
            "into Go value of type map[string]interface {}"
        )
    for field, title in (("kind", "Kind"), ("apiVersion", "apiVersion")):
        if not isinstance(document.get(field), str) or not document[field]:
            raise BadRequest(
                f"error: unable to decode \"{origin}\": Object '{title}' is missing in '{_short(document)}'"
            )
    if document["kind"].endswith("List") and isinstance(document.get("items"), list):
        kind = document["kind"].removesuffix("List")
        implied = {"apiVersion": document["apiVersion"], "kind": kind} if kind else {}
        for item in document["items"]:
            yield from _flat({**implied, **item} if isinstance(item, dict) else item, origin)
    else:
        yield document


def _go_type(value: Any) -> str:
    return {str: "string", list: "array", bool: "bool", int: "number", float: "number"}.get(type(value), "value")


def _short(document: Obj) -> str:
    import json

    text = json.dumps(document, ensure_ascii=False, default=str, separators=(",", ":"), sort_keys=True)
    return text if len(text) <= 200 else text[:200] + "…"
