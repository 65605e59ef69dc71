"""Methods and paths."""

from __future__ import annotations

import pytest

from k8slab.http.urls import Asked, asked_for
from k8slab.wire import ApiError

APPS = ("apps", "v1")


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/api/v1/pods", Asked("list", resource="pods")),
        ("GET", "/api/v1/namespaces", Asked("list", resource="namespaces")),
        ("GET", "/api/v1/namespaces/shop", Asked("get", resource="namespaces", name="shop")),
        ("PUT", "/api/v1/namespaces/shop/finalize", Asked("update", "", "v1", "", "namespaces", "shop", "finalize")),
        ("GET", "/api/v1/namespaces/shop/pods/", Asked("list", namespace="shop", resource="pods")),
        ("GET", "/api/v1/namespaces/shop/pods/web/log", Asked("get", "", "v1", "shop", "pods", "web", "log")),
        ("POST", "/apis/apps/v1/namespaces/shop/deployments", Asked("create", *APPS, "shop", "deployments")),
        ("PATCH", "/apis/apps/v1/namespaces/a/deployments/b/scale",
         Asked("patch", *APPS, "a", "deployments", "b", "scale")),
        ("DELETE", "/api/v1/nodes/node-1", Asked("delete", resource="nodes", name="node-1")),
        ("DELETE", "/api/v1/namespaces/shop/pods", Asked("deletecollection", namespace="shop", resource="pods")),
        ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
         Asked("get", "rbac.authorization.k8s.io", "v1", "", "clusterroles", "system:node")),
        ("GET", "/api/v1/namespaces/a/services/web:80/proxy/x/y",
         Asked("get", "", "v1", "a", "services", "web:80", "proxy", rest="x/y")),
        ("GET", "/api/v1/watch/namespaces/a/pods", Asked("watch", namespace="a", resource="pods")),
        ("GET", "/api", Asked("get", path="/api")),
        ("GET", "/apis/apps/v1", Asked("get", path="/apis/apps/v1")),
        ("GET", "/openapi/v3/apis/apps/v1", Asked("get", path="/openapi/v3/apis/apps/v1")),
    ],
)  # fmt: skip
def test_a_request_line_names_a_verb_and_a_thing(method: str, path: str, asked: Asked) -> None:
    """Source: endpoints/request/requestinfo.go."""
    assert asked_for(method, path, {}) == asked


@pytest.mark.parametrize(("watch", "verb"), [("true", "watch"), ("1", "watch"), ("false", "list"), ("0", "list")])
def test_a_watch_is_a_list_that_stays(watch: str, verb: str) -> None:
    assert asked_for("GET", "/api/v1/pods", {"watch": watch}).verb == verb


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/version", 405),
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
