"""The three kinds of patch, over the server: what each makes of an object, and how each fails."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, refused, sample

NGINX = {"name": "main", "image": "nginx"}


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in items]


@pytest.mark.parametrize(
    ("type", "patch", "data"),
    [
        ("merge", {"data": {"b": "2"}}, {"a": "1", "b": "2"}),
        ("merge", {"data": {"a": None}}, None),
        ("merge", {"data": {"a": None, "c": "3"}}, {"c": "3"}),
        ("merge", {"data": None}, None),
        ("merge", {}, {"a": "1"}),
        ("strategic", {"data": {"b": "2"}}, {"a": "1", "b": "2"}),
        ("strategic", {"data": {"a": None, "b": "2"}}, {"b": "2"}),
        ("strategic", {"data": {"$patch": "replace", "z": "9"}}, {"z": "9"}),
        ("strategic", {"data": {"$patch": "delete"}}, None),
        ("json", [{"op": "add", "path": "/data/b", "value": "2"}], {"a": "1", "b": "2"}),
        ("json", [{"op": "replace", "path": "/data/a", "value": "2"}], {"a": "2"}),
        ("json", [{"op": "remove", "path": "/data/a"}], None),
        ("json", [{"op": "move", "from": "/data/a", "path": "/data/b"}], {"b": "1"}),
        ("json", [{"op": "copy", "from": "/data/a", "path": "/data/b"}], {"a": "1", "b": "1"}),
        ("json", [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "remove", "path": "/data"}], None),
        ("json", [], {"a": "1"}),
    ],
)
def test_a_map_is_patched(api: ApiBench, type: str, patch: Any, data: dict[str, str] | None) -> None:
    """Source: RFC 7386; RFC 6902; strategic-merge-patch.md; an empty map is not written (types.go: omitempty)."""
    api.given(sample("ConfigMap", data={"a": "1"}))

    patched = api.patch("ConfigMap", "web", patch, type)

    assert (patched.get("data") or None) == data
    assert api.client.get("ConfigMap", "web", "default") == patched


@pytest.mark.parametrize(
    ("patch", "containers"),
    [
        ({"containers": [{"name": "main", "image": "nginx:2"}]}, [("main", "nginx:2"), ("side", "busybox")]),
        ({"containers": [{"name": "new", "image": "n"}]}, [("new", "n"), ("main", "nginx"), ("side", "busybox")]),
        ({"containers": [{"name": "side", "$patch": "delete"}]}, [("main", "nginx")]),
        ({"containers": [{"$patch": "replace"}, {"name": "only", "image": "o"}]}, [("only", "o")]),
        (
            {"$setElementOrder/containers": [{"name": "side"}, {"name": "main"}]},
            [("side", "busybox"), ("main", "nginx")],
        ),
    ],
)
def test_containers_merge_by_name(api: ApiBench, patch: Any, containers: list[tuple[str, str]]) -> None:
    """Source: core/v1/types.go, PodSpec.Containers: patchMergeKey=name; strategic-merge-patch.md."""
    deployment = sample("Deployment")
    deployment["spec"]["template"]["spec"]["containers"] = [NGINX, {"name": "side", "image": "busybox"}]
    api.given(deployment)

    patched = api.patch("Deployment", "web", {"spec": {"template": {"spec": patch}}}, "strategic")

    found = patched["spec"]["template"]["spec"]["containers"]
    assert [(container["name"], container["image"]) for container in found] == containers


def test_a_merge_patch_replaces_lists(api: ApiBench) -> None:
    """Source: RFC 7386; kubernetes.io, "Update API Objects in Place Using kubectl patch"."""
    api.given(sample("Deployment"))
    template = {"spec": {"containers": [{"name": "only", "image": "o"}]}}

    patched = api.patch("Deployment", "web", {"spec": {"template": template}}, "merge")

    assert names(patched["spec"]["template"]["spec"]["containers"]) == ["only"]


def test_service_ports_merge_by_number(api: ApiBench) -> None:
    """Source: core/v1/types.go, ServiceSpec.Ports: patchMergeKey=port."""
    ports = [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]
    api.given(sample("Service", spec={"ports": ports}))

    patched = api.patch("Service", "web", {"spec": {"ports": [{"port": 81, "targetPort": 8081}]}}, "strategic")

    found = {port["port"]: (port["name"], port["targetPort"]) for port in patched["spec"]["ports"]}
    assert found == {80: ("http", 80), 81: ("admin", 8081)}


def test_tolerations_are_replaced_as_a_whole(api: ApiBench) -> None:
    """Source: core/v1/types.go, PodSpec.Tolerations: listType=atomic."""
    deployment = sample("Deployment")
    deployment["spec"]["template"]["spec"]["tolerations"] = [{"key": "a", "operator": "Exists"}]
    api.given(deployment)
    wanted = [{"key": "b", "operator": "Exists"}]

    patched = api.patch("Deployment", "web", {"spec": {"template": {"spec": {"tolerations": wanted}}}}, "strategic")

    assert patched["spec"]["template"]["spec"]["tolerations"] == wanted


def test_retain_keys_clears_the_other_strategy(api: ApiBench) -> None:
    """Source: apps/v1/types.go, DeploymentSpec.Strategy: patchStrategy=retainKeys."""
    api.given(sample("Deployment"))
    strategy = {"type": "Recreate", "$retainKeys": ["type"]}

    patched = api.patch("Deployment", "web", {"spec": {"strategy": strategy}}, "strategic")

    assert patched["spec"]["strategy"] == {"type": "Recreate"}


def test_without_retain_keys_the_old_strategy_stands_in_the_way(api: ApiBench) -> None:
    """Source: kubernetes.io, "Update API Objects in Place Using kubectl patch", retainKeys."""
    api.given(sample("Deployment"))

    error = refused(api.patch, "Deployment", "web", {"spec": {"strategy": {"type": "Recreate"}}}, "strategic")

    text = "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
    assert error == (422, "Invalid", f'Deployment.apps "web" is invalid: {text}')


def test_finalizers_merge_as_a_set(api: ApiBench) -> None:
    """Source: meta/v1/types.go, ObjectMeta.Finalizers: patchStrategy=merge."""
    api.given(sample("ConfigMap"))
    for name in ("shop.example/a", "shop.example/b"):
        api.patch("ConfigMap", "web", {"metadata": {"finalizers": [name]}}, "strategic")
    removal = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["shop.example/a"]}}

    patched = api.patch("ConfigMap", "web", removal, "strategic")

    assert patched["metadata"]["finalizers"] == ["shop.example/b"]


def test_apply_makes_and_then_changes_only_what_is_its_own(api: ApiBench) -> None:
    """Source: kubernetes.io, "Declarative Management of Kubernetes Objects", "How apply calculates differences"."""
    manifest = sample("Deployment")
    api.client.apply(manifest)
    api.client.scale("Deployment", "web", "default", 5)
    manifest["metadata"]["labels"] = {"tier": "front"}

    applied = api.client.apply(manifest)

    assert (applied["spec"]["replicas"], applied["metadata"]["labels"]) == (5, {"tier": "front"})


def test_apply_takes_away_what_left_the_manifest(api: ApiBench) -> None:
    """Source: as above, the last-applied-configuration annotation."""
    api.client.apply(sample("ConfigMap", data={"a": "1", "b": "2"}))
    api.patch("ConfigMap", "web", {"data": {"c": "3"}})

    applied = api.client.apply(sample("ConfigMap", data={"a": "1"}))

    assert applied["data"] == {"a": "1", "c": "3"}


def test_applying_again_writes_nothing(api: ApiBench) -> None:
    api.client.apply(sample("Deployment"))
    revision = api.revision

    api.client.apply(sample("Deployment"))

    assert api.revision == revision
