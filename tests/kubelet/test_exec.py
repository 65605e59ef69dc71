"""Commands run in a container from outside."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.wire import ApiError, Request, Response
from k8slab.world import Behaviour

SUCCESS = {"metadata": {}, "status": "Success"}


def run(node: OneNode, *command: str, **options: Any) -> Any:
    """What comes back, or the text of the error."""
    try:
        return node.client.exec("web", "default", command, **options)
    except ApiError as error:
        return f"{error.code} {error.message}"


@pytest.mark.parametrize(
    ("command", "out", "errors"),
    [
        (("echo", "a b", "$HOME"), "a b $HOME\n", ""),
        (("sh", "-c", "echo $HOSTNAME; cat /etc/hostname"), "web\nweb\n", ""),
        (("sh", "-c", "ls /no; true"), "", "ls: /no: No such file or directory\n"),
        (("printenv", "HOSTNAME"), "web\n", ""),
        (("cat", "/usr/share/nginx/html/index.html"), "<!DOCTYPE html>", ""),
    ],
)
def test_a_command_prints_on_two_channels(node: OneNode, command: tuple[str, ...], out: str, errors: str) -> None:
    node.given("web")

    answer = run(node, *command)

    assert answer["stdout"].startswith(out) and answer["stderr"] == errors and answer["status"] == SUCCESS


def test_a_terminal_has_one_channel(node: OneNode) -> None:
    node.given("web")

    answer = run(node, "sh", "-c", "echo a; echo b >&2", tty=True)

    assert (answer["stdout"], answer["stderr"]) == ("a\nb\n", "")


def test_an_exit_code_is_told_in_the_last_status(node: OneNode) -> None:
    """Source: pkg/cri/streaming/remotecommand/exec.go, NonZeroExitCode."""
    node.given("web")

    status = run(node, "sh", "-c", "exit 3")["status"]

    assert status["reason"] == "NonZeroExitCode"
    assert status["details"] == {"causes": [{"reason": "ExitCode", "message": "3"}]}


@pytest.mark.parametrize(
    ("image", "command", "problem"),
    [
        ("nginx:1.27", "foo", 'exec: "foo": executable file not found in $PATH'),
        ("nginx:1.27", "wget", 'exec: "wget": executable file not found in $PATH'),
        ("nginx:1.27-alpine", "/bin/bash", 'exec: "/bin/bash": stat /bin/bash: no such file or directory'),
        ("registry.k8s.io/pause:3.10", "sh", 'exec: "sh": executable file not found in $PATH'),
    ],
)
def test_a_program_that_is_not_there(node: OneNode, image: str, command: str, problem: str) -> None:
    """Source: runc's texts as containerd hands them on; both the kubelet and the API server wrap them."""
    node.given("web", image)

    status = run(node, command)["status"]

    begin = "Internal error occurred: Internal error occurred: error executing command in container: failed to exec in "
    assert status["message"].startswith(begin + 'container: failed to start exec "')
    assert status["message"].endswith(
        f"OCI runtime exec failed: exec failed: unable to start container process: {problem}"
    )


@pytest.mark.parametrize(
    ("pod", "options", "text"),
    [
        ({"nodeName": ""}, {}, "400 pod web does not have a host assigned"),
        ({}, {"container": "x"}, "400 container x is not valid for pod web"),
    ],
)  # fmt: skip
def test_where_no_command_can_be_run(node: OneNode, pod: Any, options: Any, text: str) -> None:
    """Source: pkg/registry/core/pod/strategy.go, streamLocation; pkg/kubelet/kubelet_pods.go, GetExec."""
    node.given("web", **pod)

    assert run(node, "true", **options) == text


def test_a_container_that_does_not_run_is_not_found(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, GetExec; the stream has begun, so that its end tells."""
    node.given("web", container={"command": ["sh", "-c", "sleep 2; exit 1"]})
    node.run(15)

    status = run(node, "true")["status"]

    message = 'Internal error occurred: unable to upgrade connection: container not found ("main")'
    assert (status["reason"], status["message"]) == ("InternalError", message)


def test_what_is_written_is_there_until_the_container_is_restarted(node: OneNode) -> None:
    node.given("web", container={"command": ["sh", "-c", "until [ -f /tmp/end ]; do sleep 1; done"]})
    run(node, "sh", "-c", "echo kept > /tmp/x")
    before = run(node, "cat", "/tmp/x")["stdout"]
    run(node, "touch", "/tmp/end")
    node.run(5)

    after = run(node, "cat", "/tmp/x")["stderr"]

    assert (before, after) == ("kept\n", "cat: can't open '/tmp/x': No such file or directory\n")


def test_a_shell_reads_its_script_from_standard_input(node: OneNode) -> None:
    node.given("web")

    assert run(node, "sh", input="echo hello\nexit 2\n")["stdout"] == "hello\n"


def test_what_a_behaviour_raises_ends_its_container_and_nothing_else(node: OneNode) -> None:
    class Broken(Behaviour):
        def on_exec(self, command: Any) -> Any:
            raise RuntimeError("a learner's mistake")

    node.world.images.register("shop/web", Broken)
    node.given("web", "shop/web:1")

    run(node, "true")
    node.run(5)

    status = node.pod("web")["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["message"] == "RuntimeError: a learner's mistake"


def test_attach_is_refused_in_plain_words(node: OneNode) -> None:
    node.given("web")

    with pytest.raises(ApiError, match="pods/attach needs a connection that stays open"):
        node.client._write("create", node.client.mapper.named("Pod"), "default", "web", "attach")


@pytest.mark.parametrize(
    ("spec", "short", "hosts"),
    [
        ({"hostname": "indexed-0"}, "indexed-0", "\tindexed-0\n"),
        ({"hostname": "db-0", "subdomain": "db"}, "db-0", "\tdb-0.db.default.svc.cluster.local\tdb-0\n"),
        ({"subdomain": "db"}, "web", "\tweb.db.default.svc.cluster.local\tweb\n"),
        (
            {"subdomain": "db", "setHostnameAsFQDN": True},
            "web.db.default.svc.cluster.local",
            "\tweb.db.default.svc.cluster.local\n",
        ),
        ({"hostNetwork": True, "subdomain": "db"}, "node-1", "\tnode-1\n"),
    ],
)
def test_a_pod_is_called_as_its_manifest_says(node: OneNode, spec: Any, short: str, hosts: str) -> None:
    """Source: kubelet_pods.go, GeneratePodHostNameAndDomain; kubernetes.io, "DNS for Services and Pods"."""
    node.given("web", **spec)

    shown = run(node, "sh", "-c", "hostname; echo $HOSTNAME; tail -n 1 /etc/hosts")["stdout"]

    first, second, third = shown.splitlines(keepends=True)
    assert (first, second) == (f"{short}\n", f"{short}\n") and third.endswith(hosts)


def connected(node: OneNode, subresource: str, params: dict[str, str], **body: Any) -> Response:
    """The answer to who asks for a connection."""
    asked = Request("create", "pods", "", "v1", "default", "web", subresource, params, body, user="admin")
    return node.api.handle(asked)


def test_a_session_lasts_as_long_as_its_command(node: OneNode) -> None:
    """Source: pkg/cri/streaming/remotecommand/exec.go, ServeExec (the last Status)."""
    node.given("web")
    command = ["sh", "-c", "echo a; sleep 2; exit 3"]
    session = connected(node, "exec", {"stdout": "true"}, session="websocket", command=command).session
    assert session is not None

    node.run(3)

    *said, (channel, status) = session.pull()
    assert (said, channel, status["reason"]) == ([("stdout", "a\n")], "error", "NonZeroExitCode")
    assert session.is_closed


@pytest.mark.parametrize(
    ("params", "body", "text"),
    [
        ({"stdout": "true"}, {"upgrade": "", "command": ["ls"]}, "Upgrade request required"),
        ({"stdout": "true"}, {"upgrade": "SPDY/3.1", "command": ["ls"]}, "SPDY is left out here: "),
        ({"stdout": "true"}, {"upgrade": "SPDY/3.1", "command": []}, "you must specify at least 1 command"),
        ({}, {"session": "websocket", "command": ["ls"]}, "you must specify at least 1 of stdin, stdout, stderr"),
        ({"stdout": "true", "container": "x"}, {"upgrade": "SPDY/3.1", "command": ["ls"]}, "container x is not valid"),
    ],
)
def test_what_cannot_become_a_session(node: OneNode, params: Any, body: Any, text: str) -> None:
    """Source: pkg/registry/core/pod/strategy.go; k8s.io/kubelet/pkg/cri/streaming/remotecommand/httpstream.go."""
    node.given("web")

    answer = connected(node, "exec", params, **body)

    assert answer.code == 400 and answer.body["message"].startswith(text) and answer.session is None
