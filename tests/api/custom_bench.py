"""A custom kind to test with: its definition, its objects, and a server that knows it."""

from __future__ import annotations

from typing import Any

from api_bench import ApiBench

from k8slab.wire import Response

Obj = dict[str, Any]

GROUP = "shop.example"
NAME = "orders.shop.example"
SCHEMA = "spec.validation.openAPIV3Schema"  # where the server sees the schema that all versions share
SPEC = f"{SCHEMA}.properties[spec]"


def root(spec: Obj, **more: Any) -> Obj:
    """The schema of an object with this schema of its spec."""
    return {"type": "object", "properties": {"spec": spec, "status": KEEPS_ALL}, **more}


def fields(**properties: Obj) -> Obj:
    """The schema of an object with these fields."""
    return {"type": "object", "properties": properties}


KEEPS_ALL: Obj = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TEXT: Obj = {"type": "string"}
NUMBER: Obj = {"type": "integer"}


def version(name: str = "v1", schema: Obj | None = None, *, storage: bool = True, **more: Any) -> Obj:
    """One version of a definition; by default any spec will do."""
    schema = schema or root(KEEPS_ALL)
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}, **more}


def definition(*versions: Obj, names: Obj | None = None, group: str = GROUP, **spec: Any) -> Obj:
    """The definition of the kind Order."""
    names = {"plural": "orders", "singular": "order", "kind": "Order", "listKind": "OrderList", **(names or {})}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names['plural']}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": names,
            "versions": list(versions) or [version()],
            **spec,
        },
    }


def order(name: str = "one", spec: Any = None, *, version: str = "v1", **more: Any) -> Obj:
    """An object of the kind Order."""
    head = {"apiVersion": f"{GROUP}/{version}", "kind": "Order", "metadata": {"name": name, "namespace": "default"}}
    return {**head, **({} if spec is None else {"spec": spec}), **more}


def settle(api: ApiBench) -> None:
    """Let the server take what definitions need to be served, or to be gone."""
    api.loop.run_until(api.loop.now + 1)


def define(api: ApiBench, *versions: Obj, **spec: Any) -> Obj:
    """Create the definition, and wait until its kind is served."""
    api.client.create(definition(*versions, **spec))
    settle(api)
    found: Obj = api.client.get("CustomResourceDefinition", NAME)
    return found


def define_spec(api: ApiBench, spec: Obj, **more: Any) -> None:
    """Have Orders whose spec has this schema."""
    define(api, version(schema=root(spec), **more))


def send(api: ApiBench, verb: str, name: str = "", *, version: str = "v1", **request: Any) -> Response:
    """Send a request about Orders as it is."""
    return api.request(verb, "orders", GROUP, version, **{"namespace": "default", "name": name, **request})


def problems(api: ApiBench, obj: Obj) -> list[str]:
    """What a create of this object is refused for, field by field; empty when it is not."""
    answer = api.request(
        "create",
        "customresourcedefinitions" if obj["kind"] == "CustomResourceDefinition" else "orders",
        *obj["apiVersion"].split("/"),
        namespace=obj["metadata"].get("namespace", ""),
        body=obj,
    )
    if answer.code == 201:
        return []
    assert answer.code == 422, answer.body
    return [f"{cause['field']}: {cause['message']}" for cause in answer.body["details"]["causes"]]


def condition(obj: Obj, type: str) -> tuple[str, str, str] | None:
    """Status, reason and message of a definition's condition."""
    for each in obj["status"].get("conditions") or ():
        if each["type"] == type:
            return each["status"], each["reason"], each["message"]
    return None
