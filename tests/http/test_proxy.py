"""Requests to Services, Pods and Nodes through the API server."""

from __future__ import annotations

from typing import Any

import pytest
from http_caller import Caller
from kubernetes import client as official
from kubernetes import config

from k8slab import Cluster
from k8slab.world import Behaviour, Reply

V1 = "/api/v1/namespaces/default"
GROUP = "rbac.authorization.k8s.io"
RBAC = {"apiVersion": f"{GROUP}/v1", "metadata": {"name": "r"}}
BOUND = {
    "subjects": [{"kind": "User", "name": "dave", "apiGroup": GROUP}],
    "roleRef": {"kind": "Role", "name": "r", "apiGroup": GROUP},
}


class Echo(Behaviour):
    """Says what it was asked."""

    def on_request(self, request: Any) -> Any:
        if request.path == "/crash":
            raise RuntimeError("out of stock")
        if request.path.startswith("/odd"):
            return Reply(200, headers={"X": "a\nb"})
        given = (
            "Authorization" in request.headers,
            request.headers.get("X-Forwarded-Uri"),
            request.headers.get("X-Mine"),
        )
        text = f"{request.method} {request.path} {request.client} {given} {request.body!r}"
        return Reply(int(request.path.partition("code=")[2] or 200), text, headers={"content-type": "text/odd"})


@pytest.fixture
def shop(cluster: Cluster) -> Cluster:
    """A Service `web` (80, and the named port it leads to) in front of one pod, and one whose pod is never ready."""
    cluster.image("echo", Echo)
    ports = [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "other", "port": 81, "targetPort": 8081}]
    container = {"name": "main", "image": "echo", "ports": [{"containerPort": 8080}]}
    for name, label in (("web", "web"), ("empty", "nobody")):
        body = {"spec": {"selector": {"app": label}, "ports": ports}, "metadata": {"name": name}}
        cluster.apply({"apiVersion": "v1", "kind": "Service", **body})
    never_ready = {"readinessGates": [{"conditionType": "shop.example/open"}], "containers": [container]}
    metadata = {"name": "closed", "labels": {"app": "nobody"}}
    cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": never_ready})
    metadata = {"name": "web", "labels": {"app": "web"}}
    cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "late"},
                   "spec": {"nodeSelector": {"no": "where"}, "containers": [container]}})  # fmt: skip
    cluster.settle()
    return cluster


@pytest.mark.parametrize(
    ("place", "code", "text"),
    [
        ("services/web:80/proxy/", 200, "GET / "),
        ("services/web:http/proxy/", 200, "GET / "),
        ("services/http:web:http/proxy/a//b%20c?x=1&y", 200, "GET /a//b%20c?x=1&y "),
        ("services/web:80/proxy/?code=404", 404, "GET /?code=404 "),
        ("services/web:80/proxy/proxy/exec", 200, "GET /proxy/exec "),
        ("pods/web/proxy/", 200, "GET / "),
        ("pods/web:8080/proxy/", 200, "GET / "),
        ("pods/http:web:8080/proxy/../x", 200, "GET /../x "),
        ("services/web/proxy/", 503, 'no endpoints available for service "web"'),
        ("services/web:82/proxy/", 503, 'no service port 82 found for service "web"'),
        ("services/empty:80/proxy/", 503, 'no endpoints available for service "empty"'),
        ("services/ghost:80/proxy/", 404, 'services "ghost" not found'),
        ("services/a:b:c:d/proxy/", 400, 'invalid service request "a:b:c:d"'),
        ("services/ftp:web:80/proxy/", 400, 'invalid service request "ftp:web:80"'),
        ("services/web:81/proxy/", 503, ":8081: connect: connection refused"),
        ("services/https:web:80/proxy/", 503, "http: server gave HTTP response to HTTPS client"),
        ("pods/web:81/proxy/", 503, ":81: connect: connection refused"),
        ("pods/web:http/proxy/", 503, "lookup tcp/http: unknown port"),
        ("pods/web/proxy/crash", 503, "error trying to reach service: EOF"),
        ("pods/web/proxy/odd", 503, "malformed HTTP response"),
        ("pods/late/proxy/", 400, "address not allowed"),
        ("pods/ghost/proxy/", 404, 'pods "ghost" not found'),
        ("configmaps/a/proxy/", 404, "could not find the requested resource"),
    ],
)  # fmt: skip
def test_who_answers(shop: Cluster, caller: Caller, place: str, code: int, text: str) -> None:
    """Source: pkg/registry/core/service/storage/storage.go and pod/strategy.go, ResourceLocation."""
    answer = caller.ask("GET", f"{V1}/{place}")

    said = answer.body["message"] if isinstance(answer.body, dict) else answer.body
    assert answer.code == code and text in said


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_request_arrives_as_it_was_sent(shop: Cluster, caller: Caller, method: str) -> None:
    """Source: apimachinery/pkg/util/proxy/transport.go; apiserver/pkg/endpoints/filters/authentication.go."""
    place = f"{V1}/services/web:80/proxy/x"

    answer = caller.ask(method, f"{place}?a=b", "ü{".encode(), X_Mine="yes", Accept="image/png")

    assert answer.body == f"{method} /x?a=b 192.168.0.10 {(False, place, 'yes')} 'ü{{'"
    assert (answer.code, answer.headers["content-type"]) == (200, "text/odd")


def test_only_the_head_is_answered_to_head(shop: Cluster, caller: Caller) -> None:
    answer = caller.ask("HEAD", f"{V1}/pods/web/proxy/x")

    assert (answer.code, answer.body, answer.headers["content-type"]) == (200, "", "text/odd")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(("place", "query"), [("pods/web", ""), ("services/web:80", "?a=b"), ("nodes/node-1", "")])
def test_a_place_without_its_slash_leads_to_it(shop: Cluster, caller: Caller, place: str, query: str) -> None:
    """Source: apimachinery/pkg/util/proxy/upgradeaware.go, proxyRedirectsforRootPath."""
    path = f"{'/api/v1' if 'nodes' in place else V1}/{place}/proxy"

    answer = caller.ask("GET", path + query)

    assert (answer.code, answer.headers["location"]) == (301, f"{path}/{query}")


def test_a_post_needs_no_slash(shop: Cluster, caller: Caller) -> None:
    assert caller.ask("POST", f"{V1}/pods/web/proxy").body.startswith("POST / ")


@pytest.mark.parametrize(("path", "code", "text"), [("/healthz", 200, "ok"), ("/x", 404, "404 page not found\n")])
def test_a_kubelet_is_asked_through_its_node(caller: Caller, path: str, code: int, text: str) -> None:
    assert caller.ask("GET", f"/api/v1/nodes/node-1/proxy{path}")[:2] == (code, text)


def test_a_kubelet_tells_what_is_used(caller: Caller) -> None:
    assert caller.ask("GET", "/api/v1/nodes/node-1/proxy/stats/summary").body["node"]["nodeName"] == "node-1"


@pytest.mark.parametrize(
    ("method", "name", "verbs", "code"),
    [
        ("GET", "web:80", ["get"], 200),
        ("HEAD", "web:80", ["get"], 200),
        ("POST", "web:80", ["get"], 403),
        ("POST", "web:80", ["create"], 200),
        ("PUT", "web:80", ["update"], 200),
        ("PATCH", "web:80", ["patch"], 200),
        ("DELETE", "web:80", ["delete"], 200),
        ("GET", "web:http", ["get"], 403),
    ],
)
def test_a_role_tells_which_port_and_which_method(
    shop: Cluster, caller: Caller, method: str, name: str, verbs: list[str], code: int
) -> None:
    """Source: kubernetes.io, "Using RBAC Authorization", "Referring to resources"; endpoints/request/requestinfo.go."""
    rule = {"apiGroups": [""], "resources": ["services/proxy"], "resourceNames": ["web:80"], "verbs": verbs}
    shop.apply([{**RBAC, "kind": "Role", "rules": [rule]}, {**RBAC, "kind": "RoleBinding", **BOUND}])

    answer = caller.ask(method, f"{V1}/services/{name}/proxy/", Impersonate_User="dave")

    assert answer.code == code


def test_what_passes_through_is_part_of_the_history(shop: Cluster, caller: Caller) -> None:
    shop.kubectl("run log --image=nginx:1.27 --port=80")
    shop.settle()
    caller.ask("GET", f"{V1}/pods/log/proxy/from-outside")

    again = shop.fork()

    assert "/from-outside" in again.kubectl("logs log") and again.kubectl("logs log") == shop.kubectl("logs log")


def test_the_official_client_passes_through(shop: Cluster, caller: Caller) -> None:
    loader = config.new_client_from_config(str(caller.server.kubeconfig))
    api = official.CoreV1Api(loader)

    answers = [
        api.connect_get_namespaced_service_proxy_with_path("web:80", "default", "a/b"),
        api.connect_post_namespaced_pod_proxy("web:8080", "default"),
    ]

    assert [answer.partition(" 1")[0] for answer in answers] == ["GET /a%2Fb", "POST /"]
