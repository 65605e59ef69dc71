"""Custom kinds are served like built-in ones: subresources, columns, versions, selectors, patches, watches."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, told
from custom_bench import (
    KEEPS_ALL,
    NAME,
    NUMBER,
    TEXT,
    Obj,
    define,
    define_spec,
    fields,
    order,
    problems,
    root,
    send,
    version,
)

MERGE = "application/merge-patch+json"
SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.selector",
}
SIZED = root(fields(size=NUMBER, colour=TEXT, tags={"type": "array", "items": TEXT}))


def spec_and_status(obj: Obj) -> tuple[Any, Any]:
    return obj.get("spec"), obj.get("status")


@pytest.mark.parametrize(
    ("has_status", "subresource", "expected"),
    [
        (True, "", ({"a": 2}, None)),
        (True, "status", ({"a": 1}, {"b": 2})),
        (False, "", ({"a": 2}, {"b": 2})),
    ],
)
def test_a_status_of_its_own_is_written_apart(api: ApiBench, has_status: bool, subresource: str, expected: Any) -> None:
    """Source: kubernetes.io, "Status subresource"."""
    define_spec(api, KEEPS_ALL, **({"subresources": {"status": {}}} if has_status else {}))
    created = api.client.create(order(spec={"a": 1}, status={"b": 1}))

    changed = {**created, "spec": {"a": 2}, "status": {"b": 2}}
    if subresource or not has_status:
        api.client.update(changed, subresource=subresource)
    else:
        assert "status" not in created
        api.client.update(changed)

    assert spec_and_status(api.client.get("Order", "one", "default")) == expected


@pytest.mark.parametrize(
    ("change", "subresource", "generation"),
    [
        ({"spec": {"a": 2}}, "", 2),
        ({"metadata": {"labels": {"x": "y"}}}, "", 1),
        ({"status": {"b": 2}}, "status", 1),
        ({"spec": {"a": 2}}, "status", 1),
    ],
)
def test_only_a_changed_wish_counts_as_a_new_generation(
    api: ApiBench, change: Obj, subresource: str, generation: int
) -> None:
    """Source: kubernetes.io, "Status subresource": .metadata.generation."""
    define_spec(api, KEEPS_ALL, subresources={"status": {}})
    api.client.create(order(spec={"a": 1}))

    answer = send(api, "patch", "one", subresource=subresource, body=change, content_type=MERGE)

    assert answer.body["metadata"]["generation"] == generation


def test_without_a_status_subresource_there_is_none(api: ApiBench) -> None:
    define(api)
    api.client.create(order())

    assert send(api, "get", "one", subresource="status").code == 404


def test_a_scale_is_read_and_written_through_its_paths(api: ApiBench) -> None:
    """Source: kubernetes.io, "Scale subresource"."""
    define_spec(api, KEEPS_ALL, subresources={"status": {}, "scale": SCALE})
    created = api.client.create(order(spec={"replicas": 3, "a": 1}))
    api.client.update({**created, "status": {"replicas": 2, "selector": "app=web"}}, subresource="status")

    scale = send(api, "get", "one", subresource="scale").body
    api.client.scale("Order", "one", "default", 5)

    assert (scale["kind"], scale["apiVersion"], scale["metadata"]["name"]) == ("Scale", "autoscaling/v1", "one")
    assert spec_and_status(scale) == ({"replicas": 3}, {"replicas": 2, "selector": "app=web"})
    assert api.client.get("Order", "one", "default")["spec"] == {"replicas": 5, "a": 1}


def test_a_scale_without_replicas_is_an_error_of_the_server(api: ApiBench) -> None:
    """Source: pkg/registry/customresource/etcd.go, scaleFromCustomResource."""
    define_spec(api, KEEPS_ALL, subresources={"scale": SCALE})
    api.client.create(order(spec={}))

    answer = send(api, "get", "one", subresource="scale")

    text = 'Internal error occurred: the spec replicas field ".spec.replicas" does not exist'
    assert (answer.code, answer.body["message"]) == (500, text)


@pytest.mark.parametrize(
    ("replicas", "message"),
    [(-1, "should be a non-negative integer"), (2**31, "should be less than or equal to 2147483647")],
)
def test_replicas_are_a_small_number(api: ApiBench, replicas: int, message: str) -> None:
    """Source: pkg/registry/customresource/validator.go, ValidateScaleSpec."""
    define_spec(api, KEEPS_ALL, subresources={"scale": SCALE})

    assert problems(api, order(spec={"replicas": replicas})) == [
        f".spec.replicas: Invalid value: {replicas}: {message}"
    ]


@pytest.mark.parametrize(
    ("column", "spec", "cell"),
    [
        ({"type": "integer", "jsonPath": ".spec.size"}, {"size": 3}, 3),
        ({"type": "integer", "jsonPath": ".spec.size"}, {}, None),
        ({"type": "integer", "jsonPath": ".spec.colour"}, {"colour": "red"}, None),
        ({"type": "string", "jsonPath": ".spec.colour"}, {"colour": "red"}, "red"),
        ({"type": "string", "jsonPath": ".spec.size"}, {"size": 3}, "3"),
        ({"type": "string", "jsonPath": ".spec.tags"}, {"tags": ["a", "b"]}, '["a","b"]'),
        ({"type": "string", "jsonPath": ".spec.tags[0]"}, {"tags": ["a", "b"]}, "a"),
        ({"type": "string", "jsonPath": ".spec.tags[1]"}, {"tags": ["a"]}, None),
        ({"type": "string", "jsonPath": ".spec.list[?(@.kind=='x')].name"},
         {"list": [{"kind": "y", "name": "a"}, {"kind": "x", "name": "b"}]}, "b"),
        ({"type": "string", "jsonPath": ".metadata.labels.shop\\.example/tier"}, {}, "front"),
        ({"type": "boolean", "jsonPath": ".spec.open"}, {"open": True}, True),
        ({"type": "number", "jsonPath": ".spec.price"}, {"price": 1.5}, 1.5),
        ({"type": "date", "jsonPath": ".metadata.creationTimestamp"}, {}, "2m"),
        ({"type": "date", "jsonPath": ".spec.colour"}, {"colour": "red"}, "<invalid>"),
    ],
)  # fmt: skip
def test_a_column_shows_what_its_path_leads_to(api: ApiBench, column: Obj, spec: Obj, cell: Any) -> None:
    """Source: kubernetes.io, "Additional printer columns"; tableconvertor.go, cellForJSONValue."""
    define_spec(api, KEEPS_ALL, additionalPrinterColumns=[{"name": "Cell", **column}])
    labels = {"shop.example/tier": "front"}
    api.client.create(order(spec=spec, metadata={"name": "one", "namespace": "default", "labels": labels}))
    api.loop.run_until(api.loop.now + 120)

    table = send(api, "list", accept="Table").body

    assert [row["cells"] for row in table["rows"]] == [["one", cell]]


def test_columns_have_titles_and_ranks(api: ApiBench) -> None:
    """Source: tableconvertor.go, New."""
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "format": "int32", "description": "How large"},
        {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
    ]
    define_spec(api, KEEPS_ALL, additionalPrinterColumns=columns)

    titles = send(api, "list", accept="Table").body["columnDefinitions"]

    text = "Custom resource definition column (in JSONPath format): .spec.colour"
    assert [(each["name"], each["type"], each["format"], each["priority"]) for each in titles] == [
        ("Name", "string", "name", 0),
        ("Size", "integer", "int32", 0),
        ("Colour", "string", "", 1),
    ]
    assert [each["description"] for each in titles[1:]] == ["How large", text]


def test_without_columns_the_age_is_shown(api: ApiBench) -> None:
    """Source: kubernetes.io, "Additional printer columns": the default column is Age."""
    define(api)
    api.client.create(order())
    api.loop.run_until(api.loop.now + 300)

    table = send(api, "list", accept="Table").body

    assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Age"]
    assert [row["cells"] for row in table["rows"]] == [["one", "5m"]]


@pytest.fixture
def two(api: ApiBench) -> ApiBench:
    """Orders in version v1, which is stored, and v2, which knows one more field."""
    old, new = root(fields(size=NUMBER)), root(fields(size=NUMBER, colour={**TEXT, "default": "red"}))
    define(api, version("v1", old), version("v2", new, storage=False))
    return api


@pytest.mark.parametrize(
    ("written", "read", "spec"),
    [
        ("v1", "v1", {"size": 1}),
        ("v1", "v2", {"size": 1, "colour": "red"}),
        ("v2", "v1", {"size": 1}),
        ("v2", "v2", {"size": 1, "colour": "blue"}),
    ],
)
def test_every_version_shows_every_object(two: ApiBench, written: str, read: str, spec: Obj) -> None:
    """Source: kubernetes.io, "Versions in CRDs": strategy None changes the apiVersion and nothing else."""
    two.client.create(order(spec={"size": 1, "colour": "blue"}, version=written))

    got = send(two, "get", "one", version=read).body
    (listed,) = send(two, "list", version=read).body["items"]

    assert got == listed and (got["apiVersion"], got["spec"]) == (f"shop.example/{read}", spec)
    assert [kv.value["apiVersion"] for kv in two.store.range("/registry/shop.example/").kvs] == ["shop.example/v1"]


def test_a_watch_is_told_in_its_own_version(two: ApiBench) -> None:
    streams = [send(two, "watch", version=name).stream for name in ("v1", "v2")]

    two.client.create(order(spec={"size": 1}, version="v2"))

    events = [event for stream in streams if stream for event in stream.pull()]
    assert [event.object["apiVersion"] for event in events] == ["shop.example/v1", "shop.example/v2"]


def test_a_change_in_one_version_is_a_change_in_the_other(two: ApiBench) -> None:
    two.client.create(order(spec={"size": 1}, version="v2"))

    send(two, "patch", "one", version="v2", body={"spec": {"size": 2}}, content_type=MERGE)

    assert send(two, "get", "one", version="v1").body["spec"] == {"size": 2}
    assert two.client.get("CustomResourceDefinition", NAME)["status"]["storedVersions"] == ["v1"]


def test_a_new_storage_version_is_remembered_beside_the_old_one(two: ApiBench) -> None:
    """Source: kubernetes.io, "Versions in CRDs": status.storedVersions."""
    two.client.create(order(spec={"size": 1}))
    versions = [version("v1", storage=False), version("v2")]

    patched = two.client.patch("CustomResourceDefinition", NAME, "", {"spec": {"versions": versions}}, type="merge")
    two.client.patch("Order", "one", "default", {"spec": {"size": 2}}, type="merge")

    assert patched["status"]["storedVersions"] == ["v1", "v2"]
    assert [kv.value["apiVersion"] for kv in two.store.range("/registry/shop.example/").kvs] == ["shop.example/v2"]


def test_a_version_that_is_not_served_is_not_found(api: ApiBench) -> None:
    define(api, version("v1"), {**version("v2", storage=False), "served": False})

    assert [send(api, "list", version=name).code for name in ("v1", "v2")] == [200, 404]


@pytest.mark.parametrize(
    ("given", "warnings"),
    [
        ({}, ["shop.example/v1 Order is deprecated"]),
        ({"deprecationWarning": "use v2"}, ["use v2"]),
    ],
)
def test_a_deprecated_version_warns(api: ApiBench, given: Obj, warnings: list[str]) -> None:
    """Source: kubernetes.io, "Version deprecation"."""
    define(api, version(deprecated=True, **given))

    assert [list(send(api, verb, **more).warnings) for verb, more in (("list", {}), ("create", {"body": order()}))] == [
        warnings
    ] * 2


@pytest.mark.parametrize(
    ("params", "chosen"),
    [
        ({"labelSelector": "tier=front"}, ["a"]),
        ({"fieldSelector": "metadata.name=b"}, ["b"]),
        ({"fieldSelector": "spec.colour=red"}, ["a"]),
        ({"fieldSelector": "spec.size!=1"}, ["b"]),
        ({"limit": "1"}, ["a"]),
    ],
)
def test_lists_select(api: ApiBench, params: dict[str, str], chosen: list[str]) -> None:
    """Source: kubernetes.io, "Field selectors" for custom resources (selectableFields)."""
    selectable = [{"jsonPath": ".spec.colour"}, {"jsonPath": ".spec.size"}]
    define(api, version(schema=SIZED, selectableFields=selectable))
    head = {"name": "a", "namespace": "default", "labels": {"tier": "front"}}
    api.client.create(order(spec={"size": 1, "colour": "red"}, metadata=head))
    api.client.create(order("b", spec={"size": 2}))

    items = send(api, "list", params=params).body["items"]

    assert [item["metadata"]["name"] for item in items] == chosen


def test_other_fields_do_not_select(api: ApiBench) -> None:
    define(api)

    answer = send(api, "list", params={"fieldSelector": "spec.colour=red"})

    assert (answer.code, answer.body["message"]) == (400, "field label not supported: spec.colour")


@pytest.mark.parametrize(
    ("content_type", "patch", "code"),
    [
        (MERGE, {"spec": {"size": 2}}, 200),
        ("application/json-patch+json", [{"op": "replace", "path": "/spec/size", "value": 2}], 200),
        ("application/strategic-merge-patch+json", {"spec": {"size": 2}}, 415),
    ],
)
def test_patches(api: ApiBench, content_type: str, patch: Any, code: int) -> None:
    """Source: kubernetes.io, "Advanced features and flexibility": no strategic-merge-patch for custom resources."""
    define(api, version(schema=SIZED))
    api.client.create(order(spec={"size": 1, "tags": ["a"]}))

    answer = send(api, "patch", "one", body=patch, content_type=content_type)

    assert answer.code == code
    if code == 200:
        assert answer.body["spec"] == {"size": 2, "tags": ["a"]}
    else:
        assert answer.body["message"].startswith(
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json"
        )


def test_a_manifest_is_applied(api: ApiBench) -> None:
    """Source: kubectl's patcher: what has no Go type is patched by a JSON merge patch."""
    define(api, version(schema=SIZED))

    for spec in ({"size": 1, "tags": ["a", "b"]}, {"colour": "red", "tags": ["c"]}):
        api.client.apply(order(spec=spec))

    assert api.client.get("Order", "one", "default")["spec"] == {"colour": "red", "tags": ["c"]}


def test_a_changed_definition_ends_the_watches(api: ApiBench) -> None:
    """Source: customresource_handler.go, updateCustomResourceDefinition: the old storage is torn down."""
    define(api)
    stream = send(api, "watch").stream
    assert stream is not None
    api.client.create(order("before"))

    patch = {"spec": {"versions": [version(schema=SIZED)]}}
    api.client.patch("CustomResourceDefinition", NAME, "", patch, type="merge")

    assert told(stream) == ["ADDED before"] and stream.is_closed


def test_a_change_of_the_status_alone_ends_no_watch(api: ApiBench) -> None:
    define(api)
    stream = send(api, "watch").stream
    assert stream is not None

    api.client.patch("CustomResourceDefinition", NAME, "", {"metadata": {"labels": {"a": "b"}}}, type="merge")
    api.client.create(order("after"))

    assert told(stream) == ["ADDED after"] and not stream.is_closed


def test_a_kind_of_the_cluster_has_no_namespace(api: ApiBench) -> None:
    define(api, scope="Cluster")
    obj = order()
    del obj["metadata"]["namespace"]

    created = api.client.create(obj)

    assert "namespace" not in created["metadata"]
    assert api.client.get("Order", "one")["metadata"]["uid"] == created["metadata"]["uid"]
