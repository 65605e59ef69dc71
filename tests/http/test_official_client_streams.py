"""The official Python client where something goes on: exec, port-forward, logs, watches, informers, leaders.

What must work is what its own end-to-end tests try: kubernetes-client/python, kubernetes/e2e_test.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from kubernetes import client, config, informer, watch
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from kubernetes.stream import portforward, stream
from kubernetes.stream.ws_client import ERROR_CHANNEL

pytestmark = [pytest.mark.k8slab(nodes=1, speed=20)]

LONG_S, SHORT_S = 20.0, 5.0
TALKER = {"name": "main", "image": "busybox:1.37", "args": ["sh", "-c", "while true; do date; sleep 5; done"]}


@pytest.fixture
def core(k8slab: Any) -> Iterator[client.CoreV1Api]:
    """The core group."""
    with config.new_client_from_config() as made:
        yield client.CoreV1Api(made)


@pytest.fixture
def execute(core: client.CoreV1Api, k8slab: Any) -> Callable[..., Any]:
    """Run a command in a pod that says what time it is."""
    core.create_namespaced_pod("default", {"metadata": {"name": "talker"}, "spec": {"containers": [TALKER]}})
    k8slab.run("10s")
    plain = {"stderr": True, "stdin": False, "stdout": True, "tty": False}
    return lambda *words, **how: stream(
        core.connect_get_namespaced_pod_exec, "talker", "default", command=list(words), **{**plain, **how}
    )


def until(is_done: Callable[[], object]) -> None:
    """Wait for something that another thread does."""
    pause, is_over = threading.Event(), threading.Event()
    timer = threading.Timer(LONG_S, is_over.set)
    timer.start()
    while not is_done():
        assert not is_over.is_set(), "it has not happened"
        pause.wait(0.01)
    timer.cancel()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("/bin/sh", "-c", "for i in $(seq 1 3); do echo $i; done"), "1\n2\n3\n"),
        (("sh", "-c", "echo a; echo b >&2"), "a\nb\n"),
        (("sh", "-c", "seq 1 20000 | tail -n 1"), "20000\n"),
    ],
)
def test_a_command_is_run(execute: Any, words: tuple[str, ...], said: str) -> None:
    assert execute(*words) == said


def test_bytes_are_not_touched(execute: Any) -> None:
    packed = execute("/bin/sh", "-c", 'echo -n "This is a test string" | gzip', binary=True)

    assert gzip.decompress(packed) == b"This is a test string"


def test_a_long_output_is_whole(execute: Any) -> None:
    assert execute("seq", "1", "20000").split() == [str(number) for number in range(1, 20001)]


@pytest.mark.parametrize("is_binary", [False, True])
def test_a_shell_is_talked_to(execute: Any, is_binary: bool) -> None:
    """Source: kubernetes/e2e_test/test_client.py, test_pod_apis."""
    in_form: Callable[[str], Any] = str.encode if is_binary else str
    shell = execute("/bin/sh", stdin=True, binary=is_binary, _preload_content=False)

    shell.write_stdin(in_form("echo one\n"))
    one = shell.readline_stdout(timeout=LONG_S)
    shell.write_stdin(in_form("echo two >&2\n"))
    two = shell.readline_stderr(timeout=LONG_S)
    shell.write_stdin(in_form("exit\n"))
    shell.run_forever(timeout=LONG_S)

    assert (one, two, shell.is_open()) == (in_form("one"), in_form("two"), False)
    assert json.loads(shell.read_channel(ERROR_CHANNEL))["status"] == "Success"


def test_the_end_of_what_is_typed_is_told_apart(execute: Any) -> None:
    """Source: kubernetes/e2e_test/test_client.py, test_pod_exec_close_channel (v5.channel.k8s.io)."""
    cat = execute("sh", "-c", "cat", stdin=True, _preload_content=False)
    cat.write_stdin("a\n")
    line = cat.readline_stdout(timeout=LONG_S)

    cat.close_channel(0)
    cat.run_forever(timeout=LONG_S)

    assert (cat.subprotocol, line, cat.is_open(), cat.returncode) == ("v5.channel.k8s.io", "a", False, 0)


@pytest.mark.parametrize(
    ("words", "code"),
    [(("true",), 0), (("false",), 1), (("sh", "-c", "sleep 1; exit 3"), 3), (("sh", "-c", "ls /"), 0)],
)
def test_a_command_ends_with_its_code(execute: Any, words: tuple[str, ...], code: int) -> None:
    command = execute(*words, _preload_content=False)
    before = command.returncode

    command.run_forever(timeout=LONG_S)

    assert (before, command.returncode, command.returncode) == (None, code, code)


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("none", {}, 'pods \\"none\\" not found'),
        ("talker", {"container": "none"}, "container none is not valid for pod talker"),
        ("talker", {"command": ["nothing"]}, "executable file not found in $PATH"),
    ],
)
@pytest.mark.usefixtures("execute")
def test_what_cannot_be_run_is_told(core: client.CoreV1Api, name: str, how: Any, says: str) -> None:
    call = {"command": ["true"], "stderr": True, "stdin": False, "stdout": True, "tty": False, **how}
    try:
        told = stream(core.connect_get_namespaced_pod_exec, name, "default", _preload_content=False, **call)
        told.run_forever(timeout=LONG_S)
        text = told.read_channel(ERROR_CHANNEL)
    except client.ApiException as error:
        text = str(error)

    assert says in text


@pytest.fixture
def web(core: client.CoreV1Api, k8slab: Any) -> Callable[..., Any]:
    """Forward ports of a web server."""
    container = {"name": "main", "image": "nginx:1.27"}
    core.create_namespaced_pod("default", {"metadata": {"name": "web"}, "spec": {"containers": [container]}})
    k8slab.run("10s")
    return lambda ports: portforward(core.connect_get_namespaced_pod_portforward, "web", "default", ports=ports)


def test_a_port_is_opened_like_any_other(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: kubernetes/e2e_test/test_client.py, test_portforward_http."""
    monkeypatch.setattr(socket, "create_connection", lambda address, *_, **__: web(str(address[1])).socket(address[1]))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    with direct.open("http://web.default.kubernetes/") as answer:
        page = answer.read().decode()

    assert (answer.code, "<h1>Welcome to nginx!</h1>" in page) == (200, True)


def test_ports_are_forwarded_side_by_side(web: Any) -> None:
    """Source: kubernetes/e2e_test/test_client.py, test_portforward_raw."""
    ports = web("80,81")
    for each in (80, 81):
        ports.socket(each).settimeout(SHORT_S)

    refused = ports.socket(81).recv(100)
    for _ in range(2):
        ports.socket(80).sendall(b"HEAD / HTTP/1.1\r\nHost: web\r\n\r\n")
        assert ports.socket(80).recv(1000).startswith(b"HTTP/1.1 200 OK")
    for each in (80, 81):
        ports.socket(each).close()
    until(lambda: not ports.connected)

    assert (refused, ports.error(80)) == (b"", None)
    assert "connect: connection refused" in ports.error(81)


@pytest.mark.usefixtures("execute")
def test_logs_are_read_and_followed(core: client.CoreV1Api) -> None:
    follow = watch.Watch()

    lines = []
    for line in follow.stream(core.read_namespaced_pod_log, name="talker", namespace="default"):
        lines.append(line)
        if len(lines) == 4:
            follow.stop()

    assert all(" UTC 2026" in line for line in lines)
    assert core.read_namespaced_pod_log("talker", "default").splitlines()[:4] == lines
    assert len(core.read_namespaced_pod_log("talker", "default", tail_lines=2, timestamps=True).splitlines()) == 2


def config_map(name: str, **data: str) -> dict[str, Any]:
    """A ConfigMap of this test."""
    return {"metadata": {"name": name, "labels": {"mine": "yes"}}, **({"data": data} if data else {})}


def test_a_watch_tells_what_has_happened_since(core: client.CoreV1Api) -> None:
    """Source: kubernetes/e2e_test/test_watch.py."""
    core.create_namespaced_config_map("default", config_map("a"))
    since = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", config_map("b"))
    core.patch_namespaced_config_map("b", "default", {"data": {"x": "1"}})
    core.delete_collection_namespaced_config_map("default", label_selector="mine")

    changes = watch.Watch().stream(
        core.list_namespaced_config_map, "default", resource_version=since, timeout_seconds=1, label_selector="mine"
    )

    seen = [(change["type"], change["object"].metadata.name, change["object"].data) for change in changes]
    assert seen == [
        ("ADDED", "b", None),
        ("MODIFIED", "b", {"x": "1"}),
        ("DELETED", "a", None),
        ("DELETED", "b", {"x": "1"}),
    ]


def test_a_watch_begins_with_what_there_is(core: client.CoreV1Api) -> None:
    changes = watch.Watch().stream(core.list_namespace, timeout_seconds=1)

    seen = [(change["type"], change["raw_object"]["kind"], change["object"].metadata.name) for change in changes]

    assert ("ADDED", "Namespace", "default") in seen and len(seen) == 4


def test_a_watch_from_the_forgotten_past_is_gone(core: client.CoreV1Api, k8slab: Any) -> None:
    k8slab.run("15m")  # the API server compacts every five minutes

    with pytest.raises(client.ApiException) as error:
        list(watch.Watch().stream(core.list_namespace, resource_version="1", timeout_seconds=1))

    assert error.value.status == 410
    assert error.value.reason.startswith("Expired: too old resource version: 1")


def test_an_informer_follows(core: client.CoreV1Api) -> None:
    """Source: kubernetes/e2e_test/test_informer.py."""
    core.create_namespaced_config_map("default", config_map("old", k="v"))
    seen: list[tuple[str, str]] = []
    follower = informer.SharedInformer(core.list_namespaced_config_map, "default", label_selector="mine=yes")
    for kind in (informer.ADDED, informer.MODIFIED, informer.DELETED):
        follower.add_event_handler(kind, lambda obj, kind=kind: seen.append((kind, obj.metadata.name)))

    follower.start()
    until(lambda: follower.cache.get_by_key("default/old"))
    core.create_namespaced_config_map("default", config_map("new"))
    core.patch_namespaced_config_map("new", "default", {"data": {"k": "w"}})
    core.delete_namespaced_config_map("old", "default")
    until(lambda: ("DELETED", "old") in seen)
    follower.stop()

    assert seen == [("ADDED", "old"), ("ADDED", "new"), ("MODIFIED", "new"), ("DELETED", "old")]
    assert [each.data for each in follower.cache.list()] == [{"k": "w"}]


@pytest.mark.parametrize("lock", [ConfigMapLock, LeaseLock])
def test_a_leader_is_elected_and_followed(core: client.CoreV1Api, lock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The candidates ask every second; here a second is short, and the first leader loses heart."""
    monkeypatch.setattr(leaderelection.time, "sleep", lambda seconds: threading.Event().wait(seconds / 20))
    monkeypatch.setattr(client.Configuration, "_default", core.api_client.configuration)
    led: list[str] = []
    over = {name: threading.Event() for name in ("one", "two")}

    def lead(name: str) -> None:
        led.append(name)
        raise RuntimeError("enough")

    def run(name: str) -> None:
        settings = electionconfig.Config(lock("leader", "default", name), 3, 2, 1, partial(lead, name), over[name].set)
        leaderelection.LeaderElection(settings).run()

    for name in over:
        threading.Thread(target=run, args=(name,), daemon=True).start()
        assert over[name].wait(LONG_S)

    assert led == ["one", "two"]
    found = lock("leader", "default", "three").get("leader", "default")
    assert found[1].holder_identity == "two"
