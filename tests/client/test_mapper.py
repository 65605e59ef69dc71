"""The names people use for kinds."""

from __future__ import annotations

import pytest
from bench import Bench

from k8slab.wire import NotFound


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *((name, "pods") for name in ("po", "pod", "pods", "Pod", "PODS", "Pods")),
        *((name, "services") for name in ("svc", "Service", "services")),
        *((name, "nodes") for name in ("no", "node", "Node")),
        *((name, "namespaces") for name in ("ns", "Namespace")),
        *((name, "configmaps") for name in ("cm", "configmap", "ConfigMap")),
        *((name, "endpointslices.discovery.k8s.io") for name in ("endpointslice", "EndpointSlice")),
        *((name, "replicasets.apps") for name in ("rs", "replicaset", "replicasets.apps", "rs.apps")),
        *((name, "deployments.apps") for name in ("deploy", "deployment", "deployments", "Deployment")),
        *((name, "deployments.apps") for name in ("deployment.apps", "Deployment.apps", "deployments.v1.apps")),
    ],
)
def test_a_kind_goes_by_many_names(bench: Bench, name: str, found: str) -> None:
    """Source: kubernetes.io, kubectl reference, "Resource types" (short names)."""
    assert bench.client.mapper.named(name).full_name == found


@pytest.mark.parametrize("name", ["", "zork", "pods.apps", "deployments.v2.apps", "po.", "pod/web"])
def test_a_name_that_nobody_has_is_not_found(bench: Bench, name: str) -> None:
    with pytest.raises(NotFound, match="the server doesn't have a resource type"):
        bench.client.mapper.named(name)


@pytest.mark.parametrize(
    ("api_version", "kind", "answer"),
    [("v1", "Pod", True), ("apps/v1", "Deployment", True), ("v1", "Deployment", False), ("v1", "pod", False)],
)
def test_manifests_need_the_exact_type(bench: Bench, api_version: str, kind: str, answer: bool) -> None:
    if answer:
        resource = bench.client.mapper.of(api_version, kind)
        assert (resource.api_version, resource.kind) == (api_version, kind)
    else:
        with pytest.raises(NotFound, match=f'no matches for kind "{kind}" in version "{api_version}"'):
            bench.client.mapper.of(api_version, kind)


@pytest.mark.parametrize(
    ("name", "namespaced", "subresource"),
    [("pod", True, "eviction"), ("deploy", True, "scale"), ("node", False, "status"), ("ns", False, "finalize")],
)
def test_a_resource_tells_its_scope_and_subresources(
    bench: Bench, name: str, namespaced: bool, subresource: str
) -> None:
    resource = bench.client.mapper.named(name)

    assert resource.is_namespaced is namespaced and subresource in resource.subresources
