"""The paths of a kind, and what can be done at each of them.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/installer.go, pkg/endpoints/openapi/openapi.go (operation ids);
          api/openapi-spec/v3
Left out  descriptions; the deprecated /watch paths; HEAD and OPTIONS of proxies; parameters that mean nothing here
          (pretty, timeoutSeconds)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from k8slab.api.discovery import subresources_of
from k8slab.api.kinds import Kind
from k8slab.api.openapi.schemas import Schemas

__all__ = ["paths_of"]

Obj = dict[str, Any]

TEXT, NUMBER, YES = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
LIST_QUERY = {
    "allowWatchBookmarks": YES, "continue": TEXT, "fieldSelector": TEXT, "labelSelector": TEXT, "limit": NUMBER,
    "resourceVersion": TEXT, "resourceVersionMatch": TEXT, "sendInitialEvents": YES, "watch": YES,
}  # fmt: skip
DELETE_QUERY = {"dryRun": TEXT}
WRITE_QUERY = {"dryRun": TEXT, "fieldManager": TEXT, "fieldValidation": TEXT}
PATCH_QUERY = {**WRITE_QUERY, "force": YES}
STRATEGIC = "application/strategic-merge-patch+json"
PATCHES = ("application/json-patch+json", "application/merge-patch+json", STRATEGIC, "application/apply-patch+yaml")
DELETE, STATUS = ("meta.k8s.io", "v1", "DeleteOptions"), ("meta.k8s.io", "v1", "Status")
CONNECT = ("attach", "exec", "portforward", "proxy")
IN_PATHS = ("name", "namespace", "path")
Named = tuple[str, str, str]  # group, version, kind


class Verb(NamedTuple):
    """How a verb is told: method, action, first word of the id, query, what is sent, codes answered."""

    method: str
    action: str
    word: str
    query: Obj
    codes: tuple[int, ...] = (200,)


VERBS = {
    "get": Verb("get", "get", "read", {}),
    "list": Verb("get", "list", "list", LIST_QUERY),
    "create": Verb("post", "post", "create", WRITE_QUERY, (200, 201, 202)),
    "update": Verb("put", "put", "replace", WRITE_QUERY, (200, 201)),
    "patch": Verb("patch", "patch", "patch", PATCH_QUERY, (200, 201)),
    "delete": Verb("delete", "delete", "delete", DELETE_QUERY, (200, 202)),
    "deletecollection": Verb("delete", "deletecollection", "delete", {**LIST_QUERY, **DELETE_QUERY}),
}


def paths_of(kind: Kind, schemas: Schemas) -> Obj:
    """The path items of a kind; the schemas they name are added."""
    place = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    where = f"{place}/namespaces/{{namespace}}/{kind.plural}" if kind.is_namespaced else f"{place}/{kind.plural}"
    found: Obj = {}
    if kind.is_namespaced and "list" in kind.verbs:
        found[f"{place}/{kind.plural}"] = _item(_all_namespaces(kind, schemas))
    found[where] = _item(_collection(kind, schemas))
    found[where + "/{name}"] = _item(_single(kind, schemas))
    for name, group, version, of_kind, verbs in subresources_of(kind):
        about = (group or kind.group, version or kind.version, of_kind)
        found[f"{where}/{{name}}/{name}"] = _item(_subresource(kind, name, about, verbs, schemas))
        if name == "proxy":
            found[f"{where}/{{name}}/proxy/{{path}}"] = _item(
                _subresource(kind, "proxyWithPath", about, verbs, schemas)
            )
    for path, item in found.items():
        item["parameters"] = [_parameter("path", name, TEXT) for name in IN_PATHS if f"{{{name}}}" in path]
    return {path: item for path, item in found.items() if len(item) > 1}


def _item(operations: Iterable[tuple[str, Obj]]) -> Obj:
    return dict(operations)


def _all_namespaces(kind: Kind, schemas: Schemas) -> Iterator[tuple[str, Obj]]:
    id_ = f"list{_title(kind)}{kind.kind}ForAllNamespaces"
    yield "get", _operation(kind, "list", id_, _own(kind), schemas.list_of(kind), schemas)


def _collection(kind: Kind, schemas: Schemas) -> Iterator[tuple[str, Obj]]:
    for verb in ("deletecollection", "list", "create"):
        if verb in kind.verbs:
            many = "Collection" if verb == "deletecollection" else ""
            id_ = f"{VERBS[verb].word}{_title(kind)}{many}{_scoped(kind)}"
            answer = schemas.list_of(kind) if verb == "list" else schemas.named(*_own(kind))
            answer = schemas.named(*STATUS) if verb == "deletecollection" else answer
            yield VERBS[verb].method, _operation(kind, verb, id_, _own(kind), answer, schemas)


def _single(kind: Kind, schemas: Schemas) -> Iterator[tuple[str, Obj]]:
    for verb in ("delete", "get", "patch", "update"):
        if verb in kind.verbs:
            id_ = f"{VERBS[verb].word}{_title(kind)}{_scoped(kind)}"
            is_shown = verb != "delete" or kind.is_shown_when_deleted
            answer = schemas.named(*(_own(kind) if is_shown else STATUS))
            yield VERBS[verb].method, _operation(kind, verb, id_, _own(kind), answer, schemas)


def _subresource(
    kind: Kind, name: str, about: Named, verbs: Iterable[str], schemas: Schemas
) -> Iterator[tuple[str, Obj]]:
    title = f"{name[0].upper()}{name[1:]}"
    for verb in verbs:
        method = VERBS[verb].method
        if name.removesuffix("WithPath") in CONNECT:
            id_ = f"connect{_title(kind)}{method.capitalize()}{_scoped(kind)}{title}"
            yield method, {**_operation(kind, "get", id_, about, TEXT, schemas), "x-kubernetes-action": "connect"}
        else:
            id_ = f"{VERBS[verb].word}{_title(kind)}{_scoped(kind)}{title}"
            answer = TEXT if name == "log" else schemas.named(*about)
            yield method, _operation(kind, verb, id_, about, answer, schemas)


def _operation(kind: Kind, verb: str, id_: str, about: Named, answer: Obj, schemas: Schemas) -> Obj:
    """One operation; `answer` is the schema of what it answers."""
    how = VERBS[verb]
    operation: Obj = {
        "operationId": id_,
        "tags": [f"{_group_word(kind) or 'core'}_{kind.version}"],
        "parameters": [_parameter("query", name, schema) for name, schema in how.query.items()],
    }
    if verb in ("create", "update"):
        operation["requestBody"] = {"content": {"*/*": {"schema": schemas.named(*about)}}, "required": True}
    if verb == "patch":
        forms = [form for form in PATCHES if not (kind.custom and form == STRATEGIC)]  # kubectl apply looks here
        operation["requestBody"] = {"content": {form: {"schema": {"type": "object"}} for form in forms}}
    if verb in ("delete", "deletecollection"):
        operation["requestBody"] = {"content": {"*/*": {"schema": schemas.named(*DELETE)}}}
    media = "text/plain" if answer is TEXT else "application/json"
    texts = {200: "OK", 201: "Created", 202: "Accepted"}
    told: Obj = {str(code): {"description": texts[code], "content": {media: {"schema": answer}}} for code in how.codes}
    group, version, of_kind = about
    return {
        **operation,
        "responses": {**told, "401": {"description": "Unauthorized"}},
        "x-kubernetes-action": how.action,
        "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": of_kind},
    }


def _parameter(place: str, name: str, schema: Obj) -> Obj:
    return {"in": place, "name": name, **({"required": True} if place == "path" else {}), "schema": schema}


def _own(kind: Kind) -> Named:
    return kind.group, kind.version, kind.kind


def _scoped(kind: Kind) -> str:
    return f"Namespaced{kind.kind}" if kind.is_namespaced else kind.kind


def _group_word(kind: Kind) -> str:
    """A group as ids have it: rbac.authorization.k8s.io is rbacAuthorization."""
    first, *more = kind.group.removesuffix(".k8s.io").split(".")
    return first + "".join(word.capitalize() for word in more)


def _title(kind: Kind) -> str:
    word = _group_word(kind) or "core"
    return f"{word[0].upper()}{word[1:]}{kind.version.capitalize()}"
