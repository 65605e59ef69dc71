"""Methods and paths."""

from __future__ import annotations

import pytest

from k8slab.http.urls import asked_for
from k8slab.wire import ApiError, Request

APPS = ("apps", "v1")


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/api/v1/pods", Request("list", resource="pods")),
        ("GET", "/api/v1/namespaces", Request("list", resource="namespaces")),
        ("GET", "/api/v1/namespaces/shop", Request("get", resource="namespaces", name="shop")),
        ("PUT", "/api/v1/namespaces/shop/finalize",
         Request("update", "namespaces", name="shop", subresource="finalize")),
        ("GET", "/api/v1/namespaces/shop/pods/", Request("list", namespace="shop", resource="pods")),
        ("GET", "/api/v1/namespaces/shop/pods/web/log", Request("get", "pods", "", "v1", "shop", "web", "log")),
        ("POST", "/apis/apps/v1/namespaces/shop/deployments", Request("create", "deployments", *APPS, "shop")),
        ("PATCH", "/apis/apps/v1/namespaces/a/deployments/b/scale",
         Request("patch", "deployments", *APPS, "a", "b", "scale")),
        ("DELETE", "/api/v1/nodes/node-1", Request("delete", resource="nodes", name="node-1")),
        ("DELETE", "/api/v1/namespaces/shop/pods", Request("deletecollection", namespace="shop", resource="pods")),
        ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
         Request("get", "clusterroles", "rbac.authorization.k8s.io", "v1", "", "system:node")),
        ("GET", "/api/v1/namespaces/a/services/web:80/proxy/x/y",
         Request("get", "services", "", "v1", "a", "web:80", "proxy", body={"method": "GET", "path": "/x/y"})),
        ("HEAD", "/api/v1/nodes/b:1/proxy/", Request("get", "nodes", name="b:1", subresource="proxy",
                                                     body={"method": "HEAD", "path": "/"})),
        ("POST", "/api/v1/namespaces/a/pods/b/proxy", Request("create", "pods", "", "v1", "a", "b", "proxy",
                                                              body={"method": "POST", "path": ""})),
        ("GET", "/api/v1/namespaces/a/pods/b/proxy/c%2F..//exec?", Request(
            "get", "pods", "", "v1", "a", "b", "proxy", body={"method": "GET", "path": "/c%2F..//exec?"})),
        ("GET", "/api/v1/namespaces/proxy", Request("get", "namespaces", name="proxy")),
        ("GET", "/api/v1/watch/namespaces/a/pods", Request("watch", namespace="a", resource="pods")),
        ("GET", "/api", Request("get", path="/api")),
        ("GET", "/apis/apps/v1", Request("get", path="/apis/apps/v1")),
        ("GET", "/openapi/v3/apis/apps/v1", Request("get", path="/openapi/v3/apis/apps/v1")),
    ],
)  # fmt: skip
def test_a_request_line_names_a_verb_and_a_thing(method: str, path: str, asked: Request) -> None:
    """Source: endpoints/request/requestinfo.go."""
    assert asked_for(method, path, {}) == asked


@pytest.mark.parametrize(("watch", "verb"), [("true", "watch"), ("1", "watch"), ("false", "list"), ("0", "list")])
def test_a_watch_is_a_list_that_stays(watch: str, verb: str) -> None:
    assert asked_for("GET", "/api/v1/pods", {"watch": watch}).verb == verb


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("TRACE", "/api/v1/pods", 405),
        ("GET", "/api/v1/namespaces//pods", 404),
        ("GET", "/api/v1/namespaces/a/pods/b/log/c", 404),
        ("GET", "/api/v1/namespaces/a/pods/..%2F..", 404),
    ],
)
def test_what_cannot_be_asked(method: str, path: str, code: int) -> None:
    with pytest.raises(ApiError) as error:
        asked_for(method, path, {})

    assert error.value.code == code
