"""A request goes out as the line that the server reads it from."""

from __future__ import annotations

import pytest

from k8slab.client.over_http.requests import headers_of, method_of, url_of
from k8slab.http.urls import asked_for
from k8slab.wire import Request


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (Request("list", "pods"), "GET /api/v1/pods"),
        (Request("list", "pods", namespace="a", params={"labelSelector": "x in (1,2)"}),
         "GET /api/v1/namespaces/a/pods?labelSelector=x+in+%281%2C2%29"),
        (Request("get", "nodes", name="node-1"), "GET /api/v1/nodes/node-1"),
        (Request("watch", "jobs", "batch", namespace="a"), "GET /apis/batch/v1/namespaces/a/jobs?watch=true"),
        (Request("create", "bindings", namespace="a", body={}), "POST /api/v1/namespaces/a/bindings"),
        (Request("update", "leases", "coordination.k8s.io", "v1", "a", "b", body={}),
         "PUT /apis/coordination.k8s.io/v1/namespaces/a/leases/b"),
        (Request("patch", "deployments", "apps", "v1", "a", "b", "scale", body={}),
         "PATCH /apis/apps/v1/namespaces/a/deployments/b/scale"),
        (Request("delete", "pods", namespace="a", name="b"), "DELETE /api/v1/namespaces/a/pods/b"),
        (Request("deletecollection", "pods", namespace="a"), "DELETE /api/v1/namespaces/a/pods"),
        (Request("get", path="/version"), "GET /version"),
        (Request("get", "clusterroles", "rbac.authorization.k8s.io", name="a:b/c"),
         "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab%2Fc"),
    ],
)  # fmt: skip
def test_a_request_is_a_method_and_a_url(request_: Request, line: str) -> None:
    """Source: kubernetes.io, "Kubernetes API Concepts", resource URIs"""
    assert f"{method_of(request_)} {url_of(request_)}" == line


@pytest.mark.parametrize("verb", ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"])
def test_the_server_reads_out_of_it_what_was_meant(verb: str) -> None:
    name = "" if verb in ("list", "watch", "create", "deletecollection") else "b"
    meant = Request(verb, "deployments", "apps", "v1", "a", name)

    path, _, query = url_of(meant).partition("?")
    read = asked_for(method_of(meant), path, dict(part.split("=") for part in query.split("&") if part))

    assert read[:6] == meant[:6]


@pytest.mark.parametrize(
    ("request_", "header"),
    [
        (Request("list", "pods", accept="Table"),
         ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")),
        (Request("get", "pods", name="a", subresource="log"), ("accept", "*/*")),
        (Request("patch", "pods", name="a", body={}, content_type="application/merge-patch+json"),
         ("content-type", "application/merge-patch+json")),
        (Request("create", "pods", body={}), ("content-type", "application/json")),
        (Request("list", "pods", as_user="ann", as_groups=("a", "b")), ("impersonate-group", "b")),
    ],
)  # fmt: skip
def test_the_headers_say_what_is_wanted_and_for_whom(request_: Request, header: tuple[str, str]) -> None:
    """Source: kubernetes.io, "Kubernetes API Concepts", receiving resources as Tables; "User impersonation" """
    assert header in headers_of(request_)
