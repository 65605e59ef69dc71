"""Binding and eviction: how a pod comes to its node, and how it is asked to leave."""

from __future__ import annotations

import pytest
from api_bench import ApiBench, Obj, place_of, refused, sample


def test_a_binding_gives_a_pod_its_node(api: ApiBench) -> None:
    """Source: pkg/registry/core/pod/storage/storage.go, setPodNodeAndMetadata."""
    api.client.bind(api.given(sample("Pod")), "node-1")

    bound = api.client.get("Pod", "web", "default")
    condition = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    assert bound["spec"]["nodeName"] == "node-1"
    (found,) = bound["status"]["conditions"]
    assert {**found, **condition} == found


def test_a_pod_is_bound_once(api: ApiBench) -> None:
    pod = api.given(sample("Pod"))
    api.client.bind(pod, "node-1")

    error = refused(api.client.bind, pod, "node-2")

    text = 'pod web is already assigned to node "node-1"'
    assert error == (409, "Conflict", f'Operation cannot be fulfilled on pods/binding "web": {text}')


def test_a_pod_that_is_leaving_is_not_bound(api: ApiBench) -> None:
    pod = sample("Pod")
    pod["metadata"]["finalizers"] = ["shop.example/hold"]
    pod = api.given(pod)
    api.client.delete("Pod", "web", "default")

    error = refused(api.client.bind, pod, "node-1")

    text = "pod web is being deleted, cannot be assigned to a host"
    assert error == (409, "Conflict", f'Operation cannot be fulfilled on pods/binding "web": {text}')


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"kind": "Node"}, "target.name: Required value"),
        ({"kind": "Zone", "name": "a"}, 'target.kind: Unsupported value: "Zone": supported values: "Node", "<empty>"'),
    ],
)
def test_a_binding_names_a_node(api: ApiBench, target: Obj, text: str) -> None:
    """Source: pkg/registry/core/pod/storage/storage.go, BindingREST.Create: a plain error, so 500 and no reason."""
    api.given(sample("Pod"))
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "web"}, "target": target}

    answer = api.send("create", "Pod", "web", subresource="binding", body=body)

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (500, "", text)
    assert "nodeName" not in api.client.get("Pod", "web", "default")["spec"]


@pytest.mark.parametrize("node", ["", "node-1"])
def test_an_eviction_deletes_with_grace(api: ApiBench, node: str) -> None:
    """Source: kubernetes.io, "API-initiated Eviction"."""
    pod = api.given(sample("Pod"))
    if node:
        api.client.bind(pod, node)

    api.client.evict({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": pod["metadata"]})

    (left,) = api.client.list("Pod", place_of("Pod")) or [None]
    assert (left is None) == (node == "")
    assert left is None or left["metadata"]["deletionGracePeriodSeconds"] == 30
