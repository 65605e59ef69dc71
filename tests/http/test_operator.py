"""An operator written with kopf: it keeps a Deployment for every Shop, tells its status, and cleans up after it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import kopf
import pytest
from kubernetes import client, config

pytestmark = [pytest.mark.k8slab(nodes=1, speed=20)]

LONG_S = 20.0
PLACE = ("shop.example", "v1", "default", "shops")

ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
SCHEMA = {"type": "object", "properties": {"spec": ANYTHING, "status": ANYTHING}}
VERSION = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
CRD = {
    "metadata": {"name": "shops.shop.example"},
    "spec": {
        "group": "shop.example",
        "scope": "Namespaced",
        "names": {"plural": "shops", "singular": "shop", "kind": "Shop"},
        "versions": [{**VERSION, "schema": {"openAPIV3Schema": SCHEMA}}],
    },
}


def deployment(name: str, replicas: int) -> dict[str, Any]:
    """The servers of a shop."""
    labels = {"shop": name}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "nginx:1.27"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pods}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def shopkeeper(said: list[str]) -> kopf.OperatorRegistry:
    """The handlers of an operator; it writes down what has become of its shops."""
    made = kopf.OperatorRegistry()
    kopf.on.login(registry=made)(kopf.login_via_client)

    @kopf.on.create("shops", id="open_shop", registry=made)
    def open_shop(name: str, namespace: str, spec: Any, body: Any, **_: Any) -> dict[str, Any]:
        if not spec.get("servers"):
            kopf.warn(body, reason="Refused", message="there are no servers")
            raise kopf.PermanentError("a shop needs servers")
        servers = deployment(name, spec["servers"])
        kopf.adopt(servers, owner=body)
        client.AppsV1Api().create_namespaced_deployment(namespace, servers)
        kopf.info(body, reason="Opened", message=f"{name} is open")
        return {"servers": spec["servers"]}

    @kopf.on.update("shops", field="spec.servers", registry=made)
    def resize(name: str, namespace: str, new: int, patch: Any, **_: Any) -> None:
        client.AppsV1Api().patch_namespaced_deployment(name, namespace, {"spec": {"replicas": new}})
        patch.status["resized"] = new

    @kopf.on.event("deployments", registry=made)
    def count(event: Any, name: str, status: Any, **_: Any) -> None:
        said.append(f"{name} {event['type']} {status.get('availableReplicas')}")

    @kopf.on.delete("shops", registry=made)
    def close(name: str, **_: Any) -> None:
        said.append(f"{name} closed")

    @kopf.timer("shops", interval=0.1, registry=made)
    def tick(name: str, **_: Any) -> None:
        said.append(f"{name} ticks")

    return made


@pytest.fixture
def shops(k8slab: Any) -> Iterator[client.CustomObjectsApi]:
    """A cluster that knows what a Shop is."""
    config.load_kube_config()
    with client.ApiClient() as api:
        client.ApiextensionsV1Api(api).create_custom_resource_definition(CRD)
        k8slab.run("1s")
        yield client.CustomObjectsApi(api)


@pytest.fixture
def said(shops: Any, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What the operator, which runs in a thread, has written down."""
    caplog.set_level(logging.WARNING)
    words: list[str] = []
    stop, ready = threading.Event(), threading.Event()
    running = kopf.operator(
        registry=shopkeeper(words), standalone=True, namespaces=["default"], stop_flag=stop, ready_flag=ready
    )
    thread = threading.Thread(target=lambda: asyncio.run(running))
    thread.start()
    assert ready.wait(LONG_S)
    yield words
    stop.set()
    thread.join(LONG_S)
    assert not thread.is_alive()


def until(read: Callable[[], Any]) -> Any:
    """Wait until there is something, and answer it."""
    pause, is_over = threading.Event(), threading.Event()
    timer = threading.Timer(LONG_S, is_over.set)
    timer.start()
    while not (found := read()):
        assert not is_over.is_set(), "it has not happened"
        pause.wait(0.02)
    timer.cancel()
    return found


def opened(shops: client.CustomObjectsApi, **spec: Any) -> Callable[[], Any]:
    """Create a shop; the answer reads it."""
    body = {"apiVersion": "shop.example/v1", "kind": "Shop", "metadata": {"name": "tea"}, "spec": spec}
    shops.create_namespaced_custom_object(*PLACE, body)
    return lambda: shops.get_namespaced_custom_object(*PLACE, "tea")


def test_what_is_wanted_is_made_and_told(shops: Any, said: list[str]) -> None:
    shop = opened(shops, servers=2)

    until(lambda: "tea MODIFIED 2" in said)
    status = until(lambda: shop().get("status", {}).get("open_shop"))

    owner = client.AppsV1Api().read_namespaced_deployment("tea", "default").metadata.owner_references[0]
    assert (owner.kind, owner.name, owner.uid) == ("Shop", "tea", shop()["metadata"]["uid"])
    assert status == {"servers": 2}
    assert shop()["metadata"]["finalizers"] == ["kopf.zalando.org/KopfFinalizerMarker"]
    assert until(lambda: said.count("tea ticks") > 2)


def test_events_are_told_of_the_custom_object(shops: Any, said: list[str], k8slab: Any) -> None:
    opened(shops, servers=1)

    until(lambda: "tea is open" in k8slab.kubectl("describe shop tea"))

    events = client.CoreV1Api().list_namespaced_event("default", field_selector="involvedObject.kind=Shop").items
    assert {"Opened", "Logging"} >= {event.reason for event in events} >= {"Opened"}


def test_a_change_is_followed(shops: Any, said: list[str]) -> None:
    shop = opened(shops, servers=1)
    until(lambda: "tea MODIFIED 1" in said)

    shops.patch_namespaced_custom_object(*PLACE, "tea", {"spec": {"servers": 3}})
    until(lambda: "tea MODIFIED 3" in said)

    assert until(lambda: shop().get("status", {}).get("resized")) == 3


def test_what_was_made_goes_when_it_is_no_longer_wanted(shops: Any, said: list[str]) -> None:
    shop = opened(shops, servers=1)
    until(lambda: "tea MODIFIED 1" in said)

    def is_gone() -> bool:
        with suppress(client.ApiException):
            return not shop()
        return True

    shops.delete_namespaced_custom_object(*PLACE, "tea")
    until(is_gone)
    until(lambda: any(word.startswith("tea DELETED") for word in said))

    assert said.count("tea closed") == 1
    assert client.AppsV1Api().list_namespaced_deployment("default").items == []


def test_what_cannot_be_done_is_told_once(shops: Any, said: list[str], k8slab: Any) -> None:
    shop = opened(shops)

    warnings = "get events --field-selector type=Warning"
    until(lambda: "there are no servers" in k8slab.kubectl(warnings))
    until(lambda: "kopf.zalando.org/last-handled-configuration" in shop()["metadata"].get("annotations", {}))
    said.clear()
    until(lambda: said.count("tea ticks") > 3)

    assert k8slab.kubectl(warnings).count("Refused") == 1
    assert client.AppsV1Api().list_namespaced_deployment("default").items == []
