"""The API over HTTPS, as a client of the standard library sees it."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from http_caller import Caller

from k8slab import Cluster
from k8slab.http.connections import Listener

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
COLORS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "colors"}, "data": {"sky": "blue"}}
BIG = b'{"data": "' + b"x" * (3 * 1024 * 1024) + b'"}'


def test_an_object_is_created_read_changed_and_deleted(caller: Caller) -> None:
    created = caller.ask("POST", CONFIGMAPS, COLORS)
    patch = caller.ask(
        "PATCH", f"{CONFIGMAPS}/colors", {"data": {"sun": "red"}}, Content_Type="application/merge-patch+json"
    )
    read = caller.ask("GET", f"{CONFIGMAPS}/colors")
    deleted = caller.ask("DELETE", f"{CONFIGMAPS}/colors", {"propagationPolicy": "Background"})

    assert [each.code for each in (created, patch, read, deleted)] == [201, 200, 200, 200]
    assert read.body["data"] == {"sky": "blue", "sun": "red"}
    assert caller.ask("GET", f"{CONFIGMAPS}/colors").code == 404


def test_what_is_written_over_http_is_there_for_everybody(caller: Caller, cluster: Cluster) -> None:
    caller.ask("POST", CONFIGMAPS, COLORS)

    assert cluster.client.get("ConfigMap", "colors", "default")["data"] == {"sky": "blue"}


@pytest.mark.parametrize("shape", ["json;as=Table;v=v1;g=meta.k8s.io", "yaml"])
def test_answers_come_in_other_forms(caller: Caller, shape: str) -> None:
    reply = caller.ask("GET", "/api/v1/nodes", Accept=f"application/{shape}")

    if shape == "yaml":
        assert reply.body.startswith("kind: NodeList\n")
    else:
        assert [row["cells"][0] for row in reply.body["rows"]] == ["control-plane", "node-1"]


@pytest.mark.parametrize(
    ("certificate", "token", "path", "code"),
    [
        (False, None, "/api/v1/nodes", 200),
        (True, "", "/api/v1/nodes", 200),
        (False, "wrong", "/api/v1/nodes", 401),
        (False, "", "/api/v1/nodes", 403),
        (False, "", "/version", 200),
        (False, "", "/healthz", 200),
        (False, "", "/apis", 403),
    ],
)
def test_who_asks_is_known_by_a_token_or_a_certificate(
    caller: Caller, certificate: bool, token: str | None, path: str, code: int
) -> None:
    """Source: kubernetes.io, "Authenticating"; bootstrappolicy/policy.go (system:public-info-viewer)."""
    assert caller.ask("GET", path, certificate=certificate, token=token).code == code


def test_a_service_account_comes_with_its_token(caller: Caller) -> None:
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    caller.ask("POST", accounts, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}})
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": []}}
    token = caller.ask("POST", f"{accounts}/robot/token", asked).body["status"]["token"]

    refused = caller.ask("GET", "/api/v1/nodes", token=token)

    assert refused.code == 403
    assert 'User "system:serviceaccount:default:robot" cannot list resource "nodes"' in refused.body["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "code"),
    [
        ("POST", CONFIGMAPS, b"{", {}, 400),
        ("POST", CONFIGMAPS, BIG, {}, 413),
        ("POST", CONFIGMAPS, COLORS, {"Content_Type": "text/plain"}, 415),
        ("POST", CONFIGMAPS, {**COLORS, "data": {"sky": 1}}, {}, 400),
        ("POST", CONFIGMAPS, {**COLORS, "metadata": {"name": "Not A Name"}}, {}, 422),
        ("GET", "/api/v1/nodes", None, {"Accept": "application/cbor"}, 406),
        ("GET", "/api/v1/strange", None, {}, 404),
        ("PUT", "/version", None, {}, 405),
        ("GET", "/api/v1/nodes", None, {"Host": "evil.example"}, 403),
        ("GET", "/api/v1/nodes", None, {"Origin": "https://evil.example"}, 403),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    caller: Caller, cluster: Cluster, method: str, path: str, body: Any, headers: dict[str, str], code: int
) -> None:
    before = cluster.etcd.revision

    reply = caller.ask(method, path, body, **headers)

    assert (reply.code, reply.body["kind"], reply.body["code"]) == (code, "Status", code)
    assert cluster.etcd.revision == before


def test_a_watch_tells_each_change_on_a_line(caller: Caller) -> None:
    connection = caller.open()
    connection.request("GET", f"{CONFIGMAPS}?watch=1&resourceVersion=0", headers=caller.headers())
    stream = connection.getresponse()
    caller.ask("POST", CONFIGMAPS, COLORS)

    lines = [json.loads(stream.readline()) for _ in range(1)]

    assert [(line["type"], line["object"]["metadata"]["name"]) for line in lines] == [("ADDED", "colors")]
    connection.close()


def test_a_watch_ends_when_its_time_is_over(caller: Caller) -> None:
    connection = caller.open()
    connection.request("GET", f"{CONFIGMAPS}?watch=1&timeoutSeconds=1", headers=caller.headers())

    assert connection.getresponse().read() == b""
    connection.close()


def test_a_watch_of_what_is_forgotten_says_so(caller: Caller, cluster: Cluster) -> None:
    caller.ask("POST", CONFIGMAPS, COLORS)
    caller.server.pacer.call(lambda: cluster.api.compact(cluster.etcd.revision)).result()

    reply = caller.open()
    reply.request("GET", f"{CONFIGMAPS}?watch=1&resourceVersion=1", headers=caller.headers())
    line = json.loads(reply.getresponse().readline())

    assert (line["type"], line["object"]["code"], line["object"]["reason"]) == ("ERROR", 410, "Expired")
    reply.close()


def test_a_warning_is_a_header(caller: Caller) -> None:
    reply = caller.ask("POST", CONFIGMAPS, {**COLORS, "strange": 1})

    assert (reply.code, reply.headers["Warning"]) == (201, '299 - "unknown field \\"strange\\""')


def test_the_kubeconfig_is_for_its_owner_alone(caller: Caller) -> None:
    assert stat.S_IMODE(caller.server.kubeconfig.stat().st_mode) == 0o600


def test_garbage_instead_of_tls_disturbs_nobody(caller: Caller) -> None:
    where = urlsplit(caller.server.url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        raw.recv(100)

    assert caller.ask("GET", "/healthz").code == 200


def test_a_certificate_of_another_authority_is_refused(caller: Caller, cluster: Cluster) -> None:
    with Cluster(nodes=0).serve(speed=0) as other, pytest.raises((ssl.SSLError, OSError)):
        stranger = Caller(other, caller.server.kubeconfig.parent)
        stranger.server = caller.server
        stranger.ask("GET", "/version")


def test_a_served_history_can_be_lived_again(caller: Caller, cluster: Cluster) -> None:
    caller.ask("POST", CONFIGMAPS, COLORS)
    caller.server.pacer.speed = 100
    while cluster.now < cluster.loop.start_s + 30:
        caller.ask("PUT", f"{CONFIGMAPS}/colors", {**COLORS, "data": {"at": str(cluster.now)}})
    caller.server.close()

    again = cluster.fork()

    assert again.etcd.revision == cluster.etcd.revision
    assert [kv.mod_revision for kv in again.etcd.range("").kvs] == [
        kv.mod_revision for kv in cluster.etcd.range("").kvs
    ]


@pytest.mark.parametrize(("certificate", "token"), [(True, ""), (False, None)])
def test_the_admin_is_one_user_however_it_comes(caller: Caller, certificate: bool, token: str | None) -> None:
    """Source: kubeadm's admin.conf (kubeadm:cluster-admins)."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

    user = caller.ask("POST", path, review, certificate=certificate, token=token).body["status"]["userInfo"]

    assert user["username"] == "kubernetes-admin"
    assert user["groups"] == ["kubeadm:cluster-admins", "system:authenticated"]


def test_a_clock_that_stands_is_told_to_who_asks(caller: Caller) -> None:
    stands = caller.ask("GET", "/readyz?verbose")
    caller.server.pacer.speed = 1
    runs = caller.ask("GET", "/readyz?verbose")

    assert (stands.code, runs.code) == (500, 200)
    assert "[-]clock failed" in stands.body and "[+]clock ok" in runs.body


def test_answers_are_not_held_back_until_the_client_has_acknowledged(caller: Caller) -> None:
    """Source: CPython's asyncio, base_events._set_nodelay: only for a socket that was made for TCP by name."""
    assert caller.server._socket.proto == socket.IPPROTO_TCP


def threads() -> set[str]:
    """The names of the threads of servers."""
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("k8slab")}


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(Listener, "startup", fails)

    with pytest.raises(RuntimeError) as caught:
        Cluster(nodes=0).serve()

    assert repr(caught.value.__cause__) == "MemoryError('no room')"
    assert not threads()


def test_a_kubeconfig_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()

    with pytest.raises(FileExistsError):
        Cluster(nodes=0).serve(kubeconfig=blocked / "config")

    assert not threads()


def test_a_server_may_be_closed_twice(caller: Caller) -> None:
    caller.server.close()
    caller.server.close()

    assert not threads()
