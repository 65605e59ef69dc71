"""The OpenAPI documents: one per group and version at /openapi/v3, and all in one at /openapi/v2.

The address of a document carries a hash that changes when the document does, so that clients may keep it.

Source    staging/src/k8s.io/kube-openapi/pkg/handler3 and pkg/handler; kubernetes.io, "The Kubernetes API"
Left out  version 3 in protobuf; documents of the paths that are about no resource
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from k8slab.api.kinds import KINDS, Kind
from k8slab.api.openapi.operations import paths_of
from k8slab.api.openapi.schemas import Schemas
from k8slab.api.openapi.swagger import swagger

__all__ = ["openapi"]

Obj = dict[str, Any]

ROOT = "/openapi/v3"
INFO = {"title": "Kubernetes", "version": "v1.37.0"}
KEPT = 128  # documents


def openapi(path: str, custom: Iterable[Kind] = ()) -> Obj | None:
    """The list of documents at /openapi/v3, one such as `/openapi/v3/apis/apps/v1`, /openapi/v2, or None."""
    served: dict[str, list[Kind]] = {}
    for kind in (*KINDS, *custom):
        served.setdefault(f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}", []).append(kind)
    if path == ROOT:
        return {"paths": {place: {"serverRelativeURL": _url(place, served[place])} for place in sorted(served)}}
    if path == "/openapi/v2":
        return _swagger(tuple(map(tuple, served.values())))
    kinds = served.get(path.removeprefix(f"{ROOT}/"))
    return _document(tuple(kinds))[0] if kinds else None


def _url(place: str, kinds: list[Kind]) -> str:
    return f"{ROOT}/{place}?hash={_document(tuple(kinds))[1]}"


@lru_cache(maxsize=2)
def _swagger(served: tuple[tuple[Kind, ...], ...]) -> Obj:
    return swagger([_document(kinds)[0] for kinds in served], INFO)


@lru_cache(maxsize=KEPT)
def _document(kinds: tuple[Kind, ...]) -> tuple[Obj, str]:
    """The document about these kinds, and its hash."""
    schemas = Schemas()
    paths: Obj = {}
    for kind in kinds:
        schemas.add(kind)
        paths |= paths_of(kind, schemas)
    components = {"schemas": dict(sorted(schemas.found.items()))}
    document = {"openapi": "3.0.0", "info": INFO, "paths": dict(sorted(paths.items())), "components": components}
    told = json.dumps(document, sort_keys=True, default=list)
    return document, hashlib.sha512(told.encode()).hexdigest().upper()
