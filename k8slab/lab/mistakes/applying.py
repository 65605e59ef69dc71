"""From a manifest's text to objects that the server takes, or to everything that is wrong with it.

What the schema knows is found without the server; the rest is the server's word (a dry run), with the line that it is
about. Its own words stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from k8slab.client import Client, Resource, compose_documents, load_manifests
from k8slab.lab.mistakes.checking import Checker
from k8slab.lab.mistakes.places import Place, entry, node_at, place_of, roots
from k8slab.lab.mistakes.problems import ManifestMistakes, Problem, tell
from k8slab.wire import ApiError, ServiceUnavailable

__all__ = [
    "apply_checked",
    "checked_manifests",
]

Obj = dict[str, Any]


def checked_manifests(text: str, client: Client, lang: str) -> list[Obj]:
    """The objects of a YAML text, each tried on the server and none written.

    Raises ManifestMistakes for what the schema refuses, ApiError for what only the server does.
    """
    found = [root for document in _documents(text, lang) for root in roots(document)]
    checker = Checker(text, _served(client, found), lang)
    for root in found:
        checker.check(root)
    if checker.problems:
        raise ManifestMistakes(checker.problems, lang)
    objs = load_manifests(text)
    try:
        client.try_all(objs)
    except ServiceUnavailable:
        raise
    except ApiError as error:
        raise _placed(error, objs, found, client, text, lang) from error
    return objs


def apply_checked(source: str | Path | Obj | Iterable[Obj], client: Client, lang: str) -> None:
    """Apply a text, a file, a folder, an object or several, all of it or nothing. Raises ApiError."""
    text = _text_of(source)
    if text is None:
        client.apply_all(load_manifests(source))
        return
    for obj in checked_manifests(text, client, lang):
        client.apply(obj)


def _text_of(source: Any) -> str | None:
    """The text of what is a text, or one file."""
    if isinstance(source, str) and ("\n" in source or ":" in source) and not _is_file(source):
        return source
    try:
        return Path(source).read_text(encoding="utf-8") if _is_file(source) else None
    except (UnicodeDecodeError, OSError):
        return None


def _is_file(source: Any) -> bool:
    try:
        return isinstance(source, str | Path) and "\n" not in str(source) and Path(source).is_file()
    except (OSError, ValueError):  # what is no name of a file
        return False


def _documents(text: str, lang: str) -> list[yaml.Node]:
    """The nodes of each document. Raises ManifestMistakes for what is no YAML."""
    try:
        return compose_documents(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return []
        lines = text.split("\n")
        line = min(mark.line, len(lines) - 1)
        place = Place(line + 1, min(mark.column, len(lines[line])), 1, lines[line])
        problem = error.problem or error.context or ""
        problem += tell(lang, "tab") if lines[line][place.column : place.column + 1] == "\t" else ""
        raise ManifestMistakes([Problem(place, tell(lang, "syntax", problem=problem))], lang) from error
    except yaml.YAMLError:
        return []  # load_manifests says what is wrong


def _served(client: Client, objs: Iterable[yaml.Node]) -> Iterable[Resource]:
    """What the cluster serves, asked again when a kind is not known; nothing while nobody answers."""
    kinds = {found[1].value for obj in objs if (found := entry(obj, "kind")) is not None}
    try:
        if kinds - {resource.kind for resource in client.mapper.every()}:
            client.mapper.refresh()
        return client.mapper.every()
    except ServiceUnavailable:
        return ()


def _placed(
    error: ApiError, objs: Sequence[Obj], nodes: Sequence[yaml.Node], client: Client, text: str, lang: str
) -> ApiError:
    """The server's refusal with the lines it is about; that of every object, when there are several."""
    refusals = _refusals(objs, client) if len(objs) > 1 else [(0, error)]
    if len(nodes) != len(objs) or not refusals:
        return error
    said: list[str] = []
    for number, refusal in refusals:
        fields = [cause.get("field", "") for cause in refusal.details.get("causes") or ()]
        places = {field: place_of(node_at(nodes[number], field), text) for field in fields or [""]}
        said += [str(refusal), *(Problem(place, field).said(lang) for field, place in places.items())]
    first = refusals[0][1]
    return type(first)("\n".join(said), first.details)


def _refusals(objs: Sequence[Obj], client: Client) -> list[tuple[int, ApiError]]:
    """What the server says against each object, which may live in a namespace that comes with it."""
    namespaces = [obj for obj in objs if obj.get("kind") == "Namespace"]
    found = []
    for number, obj in enumerate(objs):
        try:
            client.try_all([*namespaces, obj] if obj not in namespaces else [obj])
        except ApiError as error:
            found.append((number, error))
    return found
