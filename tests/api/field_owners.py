"""Shorthands for tests of managedFields: writing in a manager's name, and reading who owns what."""

from __future__ import annotations

from typing import Any

from api_bench import ApiBench, place_of

from k8slab.schema.fieldsets import from_fields_v1, paths
from k8slab.wire import error_from_status

Obj = dict[str, Any]


def owners(obj: Obj) -> dict[str, str]:
    """The fields of each manager of an object, as `{"kubectl Apply": ".spec.replicas"}`."""
    entries = obj["metadata"].get("managedFields") or []
    return {
        f"{entry['manager']} {entry['operation']}": " ".join(sorted(paths(from_fields_v1(entry["fieldsV1"]))))
        for entry in entries
    }


def wrote(api: ApiBench, kind: str, patch: Obj, manager: str, *, subresource: str = "", name: str = "web") -> Obj:
    """Send a merge patch in a manager's name; the object as a client reads it then."""
    content_type = "application/merge-patch+json"
    _sent(api, kind, name, patch, content_type, {"fieldManager": manager}, subresource)
    read: Obj = api.client.get(kind, name, place_of(kind))
    return read


def applied(
    api: ApiBench, config: Obj, manager: str, *, force: bool = False, subresource: str = "", **params: str
) -> Obj:
    """Apply a configuration in a manager's name; the answer. Raises what the server refuses it with."""
    params = {"fieldManager": manager, **({"force": "true"} if force else {}), **params}
    name = config["metadata"]["name"]
    return _sent(api, config["kind"], name, config, "application/apply-patch+yaml", params, subresource)


def _sent(
    api: ApiBench, kind: str, name: str, body: Any, content_type: str, params: dict[str, str], subresource: str
) -> Obj:
    answer = api.send("patch", kind, name, body=body, content_type=content_type, params=params, subresource=subresource)
    if answer.code >= 400:
        raise error_from_status(answer.body)
    return answer.body
