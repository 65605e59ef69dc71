"""The images of the documentation's tutorials: what they answer, say and do."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import HttpRequest

NETEXEC, LIVENESS = ("netexec", "--http-port=8090"), ("liveness",)
AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.53"
SAMPLES = "gcr.io/google-samples"


def asked(container: Any, path: str = "/") -> tuple[int, str] | None:
    """Status and body of the answer, None when the connection breaks."""
    reply = container.ask(HttpRequest(path, client="10.244.1.9", host="web"))
    return reply and (reply.status, reply.body)


@pytest.mark.parametrize(
    ("image", "args", "path", "answer"),
    [
        (AGNHOST, NETEXEC, "/hostname", (200, "pod-u1")),
        (AGNHOST, NETEXEC, "/hostName", (200, "pod-u1")),
        (AGNHOST, NETEXEC, "/echo?msg=a%20b", (200, "a b")),
        (AGNHOST, NETEXEC, "/echo?msg=no&code=503", (503, "no")),
        (AGNHOST, NETEXEC, "/echo?code=x", (200, "argument 'code' must be an integer or empty, got \"x\"\n")),
        (AGNHOST, NETEXEC, "/clientip", (200, "10.244.1.9:32769")),
        (AGNHOST, NETEXEC, "/healthz", (200, "")),
        (AGNHOST, NETEXEC, "/shell?cmd=echo+hi", (200, '{"output":"hi\\n"}')),
        (AGNHOST, NETEXEC, "/shell?cmd=false", (200, '{"error":"exit status 1"}')),
        (AGNHOST, NETEXEC, "/exit?code=3", None),
        (
            AGNHOST,
            NETEXEC,
            "/exit?wait=soon",
            (200, "argument 'wait' must be a valid golang duration or empty, got \"soon\"\n"),
        ),
        (AGNHOST, NETEXEC, "/shutdown", None),
        (AGNHOST, ("serve-hostname",), "/", (200, "pod-u1")),
        (AGNHOST, LIVENESS, "/healthz", (200, "ok")),
        (AGNHOST, LIVENESS, "/", (404, "404 page not found\n")),
        (
            f"{SAMPLES}/kubernetes-bootcamp:v1",
            (),
            "/",
            (200, "Hello Kubernetes bootcamp! | Running on: pod-u1 | v=1\n"),
        ),
        ("jocatalin/kubernetes-bootcamp:v2", (), "/", (200, "Hello Kubernetes bootcamp! | Running on: pod-u1 | v=2\n")),
        (f"{SAMPLES}/hello-app:2.0", (), "/", (200, "Hello, world!\nVersion: 2.0.0\nHostname: pod-u1\n")),
        (f"{SAMPLES}/node-hello:1.0", (), "/", (200, "Hello Kubernetes!")),
        ("kicbase/echo-server:1.0", (), "/a", (200, "Request served by pod-u1\n\nGET /a HTTP/1.1\n\nHost: web\n\n")),
    ],
)
def test_what_they_answer(
    machines: Any, image: str, args: tuple[str, ...], path: str, answer: tuple[int, str] | None
) -> None:
    assert asked(machines.run(image, args=args), path) == answer


@pytest.mark.parametrize(
    ("image", "command", "ports"),
    [
        (AGNHOST, ("/agnhost", "netexec", "--http-port=8090"), {8090}),
        (AGNHOST, ("/agnhost", "netexec"), {8080}),
        (AGNHOST, (), set()),
        (f"{SAMPLES}/hello-app:1.0", (), {8080}),
        (f"{SAMPLES}/node-hello:1.0", (), {8080}),
    ],
)
def test_where_they_listen(machines: Any, image: str, command: tuple[str, ...], ports: set[int]) -> None:
    container = machines.run(image, command=command)

    assert (container.is_running, container.listening) == (True, ports)


def test_after_ten_seconds_the_one_for_liveness_probes_is_ill(machines: Any) -> None:
    """Source: test/images/agnhost/liveness/server.go."""
    container = machines.run(AGNHOST, args=LIVENESS)

    machines.loop.run_until(container.started_at + 12)

    assert asked(container, "/healthz") == (500, "error: 12")


def test_a_command_that_is_left_out_says_so_and_ends(machines: Any) -> None:
    container = machines.run(AGNHOST, args=("porter",))

    assert container.exit_code == 1
    assert 'unknown command "porter"' in container.log_lines()[-1][1]


@pytest.mark.parametrize(
    ("image", "code"), [(AGNHOST, 2), (f"{SAMPLES}/hello-app:1.0", 2), (f"{SAMPLES}/node-hello:1.0", None)]
)
def test_how_they_take_being_asked_to_end(machines: Any, image: str, code: int | None) -> None:
    container = machines.run(image)
    assert container.behaviour is not None

    container.behaviour.on_sigterm()

    assert (None if container.is_running else container.exit_code) == code


@pytest.mark.parametrize(
    ("image", "lines"),
    [
        (
            f"{SAMPLES}/kubernetes-bootcamp:v1",
            ["Kubernetes Bootcamp App Started At: ", "", "Running On: pod-u1 | Total Requests: 1 | "],
        ),
        (f"{SAMPLES}/node-hello:1.0", ["Received request for URL: /"]),
    ],
)
def test_each_request_leaves_a_line(machines: Any, image: str, lines: list[str]) -> None:
    container = machines.run(image)
    asked(container)

    said = [text for _, text in container.log_lines()]

    assert len(said) == len(lines)
    assert all(text.startswith(line) for text, line in zip(said, lines, strict=True))
