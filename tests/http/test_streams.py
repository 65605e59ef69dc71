"""Connections to containers that stay open: logs that are followed, commands, what they say and hear."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from http_caller import Caller
from websocket_caller import V5, Socket, heard

from k8slab import Cluster

PODS = "/api/v1/namespaces/default/pods"


def given(cluster: Cluster, script: str) -> None:
    """A pod of one busybox that runs a script once."""
    container: dict[str, Any] = {"name": "main", "image": "busybox:1.37", "command": ["sh", "-c", script]}
    spec = {"containers": [container], "restartPolicy": "Never"}
    cluster.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "box"}, "spec": spec})
    cluster.run("5s")


def test_a_followed_log_is_a_text_that_stays_open_until_the_container_ends(caller: Caller, cluster: Cluster) -> None:
    given(cluster, "echo one; sleep 5; echo two; sleep 5; echo three")
    connection = caller.open()
    connection.request("GET", f"{PODS}/box/log?follow=true", headers=caller.headers())
    answer = connection.getresponse()
    first = answer.readline()

    caller.server.pacer.speed = 100

    assert (answer.headers["Content-Type"], first, answer.read()) == ("text/plain", b"one\n", b"two\nthree\n")
    connection.close()


def test_who_stops_following_leaves_nothing_behind(caller: Caller, cluster: Cluster) -> None:
    given(cluster, "echo one; sleep 99999")
    connection = caller.open()
    connection.request("GET", f"{PODS}/box/log?follow=true", headers=caller.headers())
    connection.getresponse().readline()

    connection.close()

    assert caller.ask("GET", f"{PODS}/box/log").body == "one\n"


SLEEPER = "sleep infinity"
SUCCESS = {"metadata": {}, "status": "Success"}
EXEC = f"{PODS}/box/exec?stdout=true&stderr=true"
V4 = "v4.channel.k8s.io"


def test_a_command_speaks_on_channels_and_ends_with_a_status(caller: Caller, cluster: Cluster) -> None:
    """Source: k8s.io/kubelet/pkg/cri/streaming/remotecommand/websocket.go."""
    given(cluster, SLEEPER)

    with Socket(caller, f"{EXEC}&command=sh&command=-c&command=echo+a;echo+b>%262;exit+3") as socket:
        said = heard(socket)

    assert (socket.protocol, said[1], said[2]) == (V5, "a\n", "b\n")
    assert said[3]["details"] == {"causes": [{"reason": "ExitCode", "message": "3"}]}


def test_a_command_hears_until_its_input_is_closed(caller: Caller, cluster: Cluster) -> None:
    """Source: apimachinery/pkg/util/remotecommand/constants.go (StreamClose, v5)."""
    given(cluster, SLEEPER)

    with Socket(caller, f"{EXEC}&stdin=true&command=cat") as socket:
        for message in (b"\x00one\n", b"\x00two\n", b"\xff\x00"):
            socket.send(message)
        said = heard(socket)

    assert said == {1: "one\ntwo\n", 3: SUCCESS}


def test_bytes_pass_as_they_are(caller: Caller, cluster: Cluster) -> None:
    given(cluster, SLEEPER)
    data = bytes(range(256)) * 500

    with Socket(caller, f"{EXEC}&stdin=true&command=cat") as socket:
        for message in (b"\x00" + data[:1000], b"\x00" + data[1000:], b"\xff\x00"):
            socket.send(message)
        messages = list(iter(socket.receive, None))

    assert b"".join(message[1:] for message in messages if message[0] == 1) == data


def test_a_shell_is_spoken_to_line_by_line(caller: Caller, cluster: Cluster) -> None:
    given(cluster, SLEEPER)

    with Socket(caller, f"{EXEC}&stdin=true&command=/bin/sh", (V4,)) as socket:
        socket.send(b"\x00echo one\n")
        first = [socket.receive(), socket.receive()]
        socket.send(b"\x00exit 0\n")
        said = heard(socket)

    assert (socket.protocol, first, said) == (V4, [b"\x01", b"\x01one\n"], {3: SUCCESS})


def test_a_terminal_may_be_resized(caller: Caller, cluster: Cluster) -> None:
    given(cluster, SLEEPER)

    with Socket(caller, f"{EXEC}&stdin=true&tty=true&command=sh") as socket:
        socket.send(b'\x04{"Width":80,"Height":24}')
        socket.send(b"\x00exit\r")
        said = heard(socket)

    assert said == {1: "/ # exit\r\n", 3: SUCCESS}


def test_being_attached_lasts_as_long_as_the_process(caller: Caller, cluster: Cluster) -> None:
    given(cluster, "sleep 5; echo one; sleep 5; exit 3")

    with Socket(caller, f"{PODS}/box/attach?stdout=true&stderr=true") as socket:
        caller.server.pacer.speed = 100
        said = heard(socket)

    assert said == {1: "one\n", 3: SUCCESS}


@pytest.mark.parametrize(
    ("certificate", "token", "headers", "protocols", "code"),
    [
        (False, None, {}, (V5,), 101),
        (True, "", {}, (V5,), 101),
        (False, None, {}, ("v9.channel.k8s.io", V4), 101),
        (False, "wrong", {}, (V5,), 401),
        (False, "", {}, (V5,), 403),
        (False, None, {"Origin": "https://evil.example"}, (V5,), 403),
        (False, None, {"Host": "evil.example"}, (V5,), 403),
        (False, None, {}, ("v9.channel.k8s.io",), 400),
        (False, None, {}, (), 400),
        (False, None, {"Impersonate_User": "jane"}, (V5,), 403),
    ],
)
def test_a_websocket_is_for_who_may(
    caller: Caller, cluster: Cluster, certificate: bool, token: str, headers: Any, protocols: Any, code: int
) -> None:
    given(cluster, SLEEPER)

    socket = Socket(caller, f"{EXEC}&command=true", protocols, certificate=certificate, token=token, **headers)

    assert socket.code == code and (code == 101 or socket.refusal["code"] == code)
    socket.close()


def test_who_may_create_may_connect(caller: Caller, cluster: Cluster) -> None:
    """Source: kubernetes.io, "Using RBAC Authorization"; the websocket's GET needs the verb create as well."""
    given(cluster, SLEEPER)
    group, metadata = "rbac.authorization.k8s.io", {"name": "shell", "namespace": "default"}
    rules = [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}]
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules}
    binding = {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": metadata}
    binding |= {"roleRef": {"apiGroup": group, "kind": "Role", "name": "shell"}}
    cluster.apply([role, binding | {"subjects": [{"apiGroup": group, "kind": "User", "name": "jane"}]}])

    with Socket(caller, f"{EXEC}&command=true", Impersonate_User="jane") as socket:
        assert heard(socket) == {1: "", 3: SUCCESS}


@pytest.mark.parametrize(
    ("path", "code", "text"),
    [
        (f"{PODS}/none/exec?stdout=true&command=ls", 404, 'pods "none" not found'),
        (f"{PODS}/box/exec?stdout=true", 400, "you must specify at least 1 command for the container"),
        (f"{PODS}/box/exec?stdout=true&command=ls&container=x", 400, "container x is not valid for pod box"),
        (f"{PODS}?watch=true", 400, "there is nothing here that could be upgraded to a websocket"),
    ],
)
def test_what_cannot_be_connected_to(caller: Caller, cluster: Cluster, path: str, code: int, text: str) -> None:
    given(cluster, SLEEPER)

    with Socket(caller, path) as socket:
        assert (socket.code, socket.refusal["message"]) == (code, text)


@pytest.mark.parametrize(("upgrade", "text"), [("SPDY/3.1", "SPDY is left out here"), ("", "Upgrade request required")])
def test_a_connection_of_another_kind_is_refused(caller: Caller, cluster: Cluster, upgrade: str, text: str) -> None:
    given(cluster, SLEEPER)

    reply = caller.ask("POST", f"{EXEC}&command=ls", Upgrade=upgrade)

    assert reply.code == 400 and reply.body["message"].startswith(text)


def test_a_command_ends_when_its_client_has_gone(caller: Caller, cluster: Cluster) -> None:
    given(cluster, SLEEPER)
    socket = Socket(caller, f"{EXEC}&command=sleep&command=3600")
    (container,) = [one for vm in cluster.world.vms.values() for one in vm.runtime.running() if one.name == "main"]
    assert len(container.commands) == 1

    socket.close()

    wait_for(lambda: not container.commands)


def wait_for(condition: Callable[[], bool]) -> None:
    """Look until it holds. Raises AssertionError after ten seconds."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def test_a_server_that_closes_ends_its_sessions(caller: Caller, cluster: Cluster) -> None:
    given(cluster, SLEEPER)
    socket = Socket(caller, f"{EXEC}&stdin=true&tty=true&command=sh")
    socket.receive()

    caller.server.close()

    assert all(one.commands == () for vm in cluster.world.vms.values() for one in vm.runtime.running())
    socket.close()


def test_what_is_typed_in_many_pieces_arrives_in_order(caller: Caller, cluster: Cluster) -> None:
    given(cluster, SLEEPER)
    caller.server.pacer.speed = 50
    numbers = "".join(f"{number}\n" for number in range(2000))

    with Socket(caller, f"{EXEC}&stdin=true&command=cat") as socket:
        for at in range(0, len(numbers), 7):
            socket.send(b"\x00" + numbers[at : at + 7].encode())
        socket.send(b"\xff\x00")
        said = heard(socket)

    assert said[1] == numbers
