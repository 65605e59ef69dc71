"""A client over HTTPS does what one in the same process does, and survives what only a network can do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from over_the_wire import arrived, cut, grant, kubeconfig_of, reached

from k8slab import Cluster
from k8slab.client.over_http import OverHttp, RemoteClient, open_door, reader
from k8slab.http import HttpServer
from k8slab.wire import Expired, Forbidden, MethodNotAllowed, NotFound, ServiceUnavailable


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """The API alone."""
    return Cluster(agents=())


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[HttpServer]:
    """Its HTTPS."""
    with cluster.serve(speed=0) as server:
        yield server


@pytest.fixture
def client(server: HttpServer) -> Iterator[RemoteClient]:
    """Its administrator."""
    with reached(server.kubeconfig) as client:
        yield client


def configmap(name: str, **data: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def test_what_it_reads_is_what_is_read_in_the_process(cluster: Cluster, client: RemoteClient) -> None:
    here, there = cluster.client.list("Namespace"), client.list("Namespace")

    assert (there, there.resource_version) == (here, here.resource_version)
    assert client.resources() == cluster.client.resources()
    assert client.table("Namespace") == cluster.client.table("Namespace")


def test_it_creates_changes_and_deletes(cluster: Cluster, client: RemoteClient) -> None:
    made = client.create(configmap("a"))
    client.patch("ConfigMap", "a", "default", {"data": {"x": "1"}})
    changed = cluster.client.get("ConfigMap", "a", "default")
    client.delete("ConfigMap", "a", "default")

    assert (made["metadata"]["name"], changed["data"]) == ("a", {"x": "1"})
    assert client.written["ConfigMap"] >= int(changed["metadata"]["resourceVersion"])


def test_the_server_s_refusal_is_the_same_exception(client: RemoteClient) -> None:
    with pytest.raises(NotFound, match='pods "nope" not found'):
        client.get("Pod", "nope", "default")


def test_a_watch_tells_what_happens(cluster: Cluster, client: RemoteClient) -> None:
    since = client.list("ConfigMap").resource_version
    stream = client.watch("ConfigMap", since=since)
    cluster.client.create(configmap("b"))
    cluster.client.delete("ConfigMap", "b", "default")

    events = arrived(client, stream, 2)

    assert [(event.type, event.object["metadata"]["name"]) for event in events] == [("ADDED", "b"), ("DELETED", "b")]


def test_the_clock_is_the_server_s(cluster: Cluster, client: RemoteClient) -> None:
    """Source: RFC 9110, 6.6.1: the Date of an answer, in whole seconds"""
    client.ping()

    assert client.now == int(cluster.now)


def test_a_long_list_comes_in_pages(client: RemoteClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: client-go, tools/pager/pager.go"""
    monkeypatch.setattr(reader, "PAGE", 2)
    asked: list[Any] = []
    send = client.remote.send
    monkeypatch.setattr(client.remote, "send", lambda request: asked.append(request.params) or send(request))

    names = [space["metadata"]["name"] for space in client.list("Namespace")]

    assert len(names) == len(set(names)) == 4
    assert ["continue" in params for params in asked if params.get("limit")] == [False, True]


def test_when_the_pages_grow_too_old_everything_is_listed_at_once(
    client: RemoteClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "PAGE", 2)
    send = client.remote.send

    def forgetful(request: Any) -> Any:
        if "continue" in request.params:
            raise Expired("The provided continue parameter is too old")
        return send(request)

    monkeypatch.setattr(client.remote, "send", forgetful)

    assert len(client.list("Namespace")) == 4


def test_a_watch_from_before_a_loss_is_too_old(client: RemoteClient, server: HttpServer) -> None:
    """The server that answers now may be another one, whose revisions mean something else."""
    since = client.list("ConfigMap").resource_version
    stream = client.watch("ConfigMap", since=since)
    cut(server)
    arrived(client, stream, 1)

    with pytest.raises(Expired):
        client.watch("ConfigMap", since=since)
    assert client.remote.losses == 1 and stream.is_closed
    since = client.list("ConfigMap").resource_version
    assert client.watch("ConfigMap", since=since).is_closed is False


def test_a_watch_from_the_future_is_too_old(client: RemoteClient) -> None:
    """Source: apiserver, storage/errors.go, NewTooLargeResourceVersionError (a Timeout)"""
    with pytest.raises(Expired, match="Too large resource version"):
        client.watch("ConfigMap", since="999999999")


def test_who_may_see_one_namespace_sees_that(cluster: Cluster, server: HttpServer, tmp_path: Path) -> None:
    grant(cluster, "ann", "default", [""], ["configmaps"])
    cluster.client.create(configmap("seen"))

    with reached(kubeconfig_of(cluster, server, tmp_path / "ann", "ann", "default")) as ann:
        names = {found["metadata"]["name"] for found in ann.list("ConfigMap")}
        with pytest.raises(Forbidden):
            ann.list("Node")
        with pytest.raises(Forbidden):
            ann.list("Secret")

    assert ("seen" in names, ann.narrowed) == (True, {"ConfigMap"})


def test_nobody_there_is_said_as_kubectl_says_it(tmp_path: Path) -> None:
    """Source: k8s.io/kubectl/pkg/cmd/util/helpers.go, StandardErrorMessage"""
    with Cluster(agents=()).serve(speed=0) as gone:
        way = OverHttp(lambda: open_door(gone.kubeconfig))
        kubeconfig = tmp_path / "kept"
        kubeconfig.write_text(gone.kubeconfig.read_text())
    client = RemoteClient(way)

    with pytest.raises(ServiceUnavailable, match="was refused - did you specify the right host or port"):
        client.ping()
    assert not client.is_connected


def test_a_server_that_was_started_again_elsewhere_is_found_by_its_kubeconfig(tmp_path: Path) -> None:
    cluster, kubeconfig = Cluster(agents=()), tmp_path / "kubeconfig"
    with cluster.serve(speed=0, kubeconfig=kubeconfig), reached(kubeconfig) as client:
        client.ping()
        first = client.remote._door
    with cluster.serve(speed=0, kubeconfig=kubeconfig):
        with pytest.raises(ServiceUnavailable):
            client.ping()

        client.ping()

    assert first is not None and client.remote._door is not None and first.host != client.remote._door.host


def test_sessions_with_containers_are_refused_clearly(client: RemoteClient) -> None:
    with pytest.raises(MethodNotAllowed, match="use kubectl"):
        client.exec("a", "default", ["ls"])


def test_without_the_official_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)

    with pytest.raises(ImportError, match=r"pip install 'k8slab\[connect\]'"):
        open_door("anything")


def test_a_context_that_is_none_is_told_with_those_that_are(server: HttpServer) -> None:
    with pytest.raises(ValueError, match=r'no context "other".*there are: kubernetes-admin@kubernetes'):
        open_door(server.kubeconfig, "other")


def test_a_file_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="cannot be used"):
        open_door(tmp_path / "nothing")
