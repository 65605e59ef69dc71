"""Collections and namespaces: many objects at once, and the life of the place they are in."""

from __future__ import annotations

import pytest
from api_bench import SERVED, ApiBench, Obj, refused, sample

NAMESPACED = sorted(kind for kind, served in SERVED.items() if served.is_namespaced)
TIERS = (("a", "front"), ("b", "back"), ("c", "front"))


def in_shop(kind: str, name: str = "web") -> Obj:
    obj = sample(kind, name)
    obj["metadata"]["namespace"] = "shop"
    if kind == "Event":
        obj["involvedObject"]["namespace"] = "shop"
    return obj


@pytest.fixture
def leaving(api: ApiBench) -> ApiBench:
    """A namespace that is being deleted, with a ConfigMap in it."""
    api.given(sample("Namespace", "shop"), in_shop("ConfigMap", "old"))
    api.client.delete("Namespace", "shop")
    return api


@pytest.mark.parametrize("kind", sorted(set(SERVED) - {"Namespace"}))
def test_a_collection_is_deleted_by_its_labels(api: ApiBench, kind: str) -> None:
    api.given(*(sample(kind, name, labels={"tier": tier}) for name, tier in TIERS))
    api.let_go(kind, *(name for name, _ in TIERS))

    api.client.delete_collection(kind, "default", labels="tier=front")

    assert [obj["metadata"]["name"] for obj in api.client.list(kind)] == ["b"]


def test_a_collection_is_deleted_by_its_fields_and_in_its_namespace(api: ApiBench) -> None:
    api.given(
        sample("Namespace", "shop"), in_shop("ConfigMap", "a"), sample("ConfigMap", "a"), sample("ConfigMap", "b")
    )

    api.client.delete_collection("ConfigMap", "default", fields="metadata.name=a")

    left = [(obj["metadata"]["namespace"], obj["metadata"]["name"]) for obj in api.client.list("ConfigMap")]
    assert left == [("default", "b"), ("shop", "a")]


def test_the_answer_lists_what_was_deleted(api: ApiBench) -> None:
    """Source: apiserver/pkg/registry/generic/registry/store.go, DeleteCollection."""
    created = [api.given(sample("Secret", name)) for name in "ab"]

    answer = api.send("deletecollection", "Secret")

    assert (answer.code, answer.body["kind"], answer.body["items"]) == (200, "SecretList", created)


def test_a_collection_knows_grace_and_finalizers(api: ApiBench) -> None:
    held = sample("Pod", "held")
    held["metadata"]["finalizers"] = ["shop.example/hold"]
    api.given(sample("Pod", "free"), held)
    api.client.bind(api.given(sample("Pod", "bound")), "node-1")

    api.client.delete_collection("Pod", "default")

    left = {pod["metadata"]["name"]: pod["metadata"]["deletionGracePeriodSeconds"] for pod in api.client.list("Pod")}
    assert left == {"bound": 30, "held": 0}


def test_a_new_namespace_is_active_and_knows_its_name(api: ApiBench) -> None:
    """Source: pkg/registry/core/namespace/strategy.go, PrepareForCreate; pkg/apis/core/v1/defaults.go."""
    created = api.given(sample("Namespace", "shop"))

    assert created["status"] == {"phase": "Active"}
    assert created["spec"] == {"finalizers": ["kubernetes"]}
    assert created["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}


def test_a_namespace_keeps_its_name_label(api: ApiBench) -> None:
    api.given(sample("Namespace", "shop"))

    patched = api.patch("Namespace", "shop", {"metadata": {"labels": {"kubernetes.io/metadata.name": None}}})

    assert patched["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}


@pytest.mark.parametrize("subresource", ["", "status"])
def test_only_one_door_takes_the_finalizer_off(api: ApiBench, subresource: str) -> None:
    """Source: pkg/registry/core/namespace/strategy.go, namespaceFinalizeStrategy."""
    api.given(sample("Namespace", "shop"))

    api.patch("Namespace", "shop", {"spec": {"finalizers": None}}, subresource=subresource)

    assert api.client.get("Namespace", "shop")["spec"] == {"finalizers": ["kubernetes"]}


def test_a_deleted_namespace_is_leaving_first(leaving: ApiBench) -> None:
    """Source: pkg/registry/core/namespace/storage/storage.go, Delete."""
    shop = leaving.client.get("Namespace", "shop")

    assert shop["status"]["phase"] == "Terminating"
    assert shop["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:00Z"
    assert leaving.client.delete("Namespace", "shop") == shop


def test_a_namespace_goes_when_it_is_finalized(leaving: ApiBench) -> None:
    leaving.patch("Namespace", "shop", {"spec": {"finalizers": []}}, subresource="finalize")

    assert refused(leaving.client.get, "Namespace", "shop") == (404, "NotFound", 'namespaces "shop" not found')


@pytest.mark.parametrize("kind", NAMESPACED)
def test_nothing_new_comes_into_a_namespace_that_is_leaving(leaving: ApiBench, kind: str) -> None:
    """Source: admission/plugin/namespace/lifecycle/admission.go, Admit."""
    answer = leaving.send("create", kind, namespace="shop", body=in_shop(kind))

    text = "unable to create new content in namespace shop because it is being terminated"
    assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == f'{SERVED[kind].full_name} "web" is forbidden: {text}'
    assert answer.body["details"]["causes"] == [
        {
            "reason": "NamespaceTerminating",
            "message": "namespace shop is being terminated",
            "field": "metadata.namespace",
        }
    ]


def test_what_is_in_a_namespace_that_is_leaving_can_still_change(leaving: ApiBench) -> None:
    patched = leaving.client.patch("ConfigMap", "old", "shop", {"data": {"color": "blue"}})

    assert patched["data"] == {"color": "blue"}
    leaving.client.delete("ConfigMap", "old", "shop")
    assert leaving.client.list("ConfigMap") == []


@pytest.mark.parametrize("kind", NAMESPACED)
def test_nothing_is_created_in_a_namespace_that_is_absent(api: ApiBench, kind: str) -> None:
    """Source: admission/plugin/namespace/lifecycle/admission.go, Admit."""
    error = refused(api.client.create, in_shop(kind))

    assert error == (404, "NotFound", 'namespaces "shop" not found')


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_some_namespaces_stay(api: ApiBench, name: str) -> None:
    """Source: admission/plugin/namespace/lifecycle/admission.go, NewLifecycle: immortal namespaces."""
    if name != "default":
        api.given(sample("Namespace", name))

    error = refused(api.client.delete, "Namespace", name)

    assert error == (403, "Forbidden", f'namespaces "{name}" is forbidden: this namespace may not be deleted')


def test_a_namespace_can_be_made_again(leaving: ApiBench) -> None:
    old = leaving.client.get("Namespace", "shop")
    leaving.client.delete("ConfigMap", "old", "shop")
    leaving.patch("Namespace", "shop", {"spec": {"finalizers": []}}, subresource="finalize")

    new = leaving.given(sample("Namespace", "shop"))

    assert new["metadata"]["uid"] != old["metadata"]["uid"] and new["status"] == {"phase": "Active"}
