"""Logs: which instance, which lines, and why there are none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from one_node import OneNode

from k8slab.wire import ApiError, Request, Response

COUNTER = 'i=0; while true; do echo "line $i"; i=$((i+1)); sleep 1; done'
CRASH = "echo started; sleep 1; echo failed; exit 1"


def shell(script: str) -> dict[str, Any]:
    """The fields of a container that runs a script."""
    return {"command": ["sh", "-c", script]}


def log(node: OneNode, pod: str = "web", **options: str) -> str:
    """The log, or the text of the error."""
    try:
        return node.client.log(pod, "default", **options)
    except ApiError as error:
        return f"{error.code} {error.message}"


def test_a_container_says_what_its_process_prints(node: OneNode) -> None:
    node.given(
        "web", "busybox:1.37", container=shell("echo one; echo -n tw; echo o; ls /no; printf unfinished; sleep 99")
    )

    assert log(node) == "one\ntwo\nls: /no: No such file or directory\n"


def test_what_is_unfinished_shows_when_the_process_ends(node: OneNode) -> None:
    node.given("web", "busybox:1.37", container=shell("printf unfinished; exit 0"), restartPolicy="Never")

    assert log(node) == "unfinished\n"


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({"tailLines": "2"}, ["line 8", "line 9"]),
        ({"tailLines": "0"}, []),
        ({"sinceSeconds": "3"}, ["line 7", "line 8", "line 9"]),
        ({"sinceSeconds": "3", "tailLines": "1"}, ["line 9"]),
        ({"sinceTime": "2099-01-01T00:00:00Z"}, []),
        ({"limitBytes": "10"}, ["line 0", "lin"]),
    ],
)
def test_the_options_choose_lines(node: OneNode, options: dict[str, str], lines: list[str]) -> None:
    """Source: pkg/kubelet/kuberuntime/logs/logs.go, ReadLogs; kubernetes.io, API reference, "Pod", read log."""
    node.given("web", "busybox:1.37", container=shell(COUNTER))
    started = node.kubelet.workers[node.pod("web")["metadata"]["uid"]].sandbox.containers["main"].started_at  # type: ignore
    node.loop.run_until(started + 9.5)

    assert log(node, **options).splitlines() == lines


def test_timestamps_have_nanoseconds(node: OneNode) -> None:
    """Source: pkg/kubelet/types/constants.go, RFC3339NanoFixed."""
    node.given("web", "busybox:1.37", container=shell("echo hello; sleep 99"))

    stamp, _, line = log(node, timestamps="true").partition(" ")

    assert re.fullmatch(r"2026-01-01T00:00:\d\d\.\d{6}000Z", stamp) and line == "hello\n"


def test_the_instance_before_can_still_be_read_and_no_earlier_one(node: OneNode) -> None:
    node.given("web", "busybox:1.37", container=shell("echo at $(date +%s); sleep 1; exit 1"), settle=False)
    node.run(20)
    first = log(node, previous="true")
    node.run(100)

    assert first.startswith("at ") and log(node, previous="true") != first
    assert node.pod("web")["status"]["containerStatuses"][0]["restartCount"] > 1


def test_while_a_container_waits_for_its_restart_its_last_words_are_shown(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, validateContainerLogStatus: waiting, with a last state."""
    node.given("web", "busybox:1.37", container=shell(CRASH))
    node.run(15)

    assert "CrashLoopBackOff" in node.state("web") and log(node) == "started\nfailed\n"


@pytest.mark.parametrize(
    ("image", "container", "options", "text"),
    [
        ("doesnotexist/app", {}, {}, '400 container "main" in pod "web" is waiting to start: '
         "trying and failing to pull image"),
        ("Bad", {}, {}, '400 container "main" in pod "web" is waiting to start: InvalidImageName'),
        ("nginx:1.27", {}, {"previous": "true"}, '400 previous terminated container "main" in pod "web" not found'),
        ("nginx:1.27", {}, {"container": "x"}, "400 container x is not valid for pod web"),
        ("nginx:1.27", {}, {"tailLines": "-1"}, '422 PodLogOptions "web" is invalid: tailLines: Invalid value: -1: '
         "must be greater than or equal to 0"),
        ("nginx:1.27", {}, {"limitBytes": "0"}, '422 PodLogOptions "web" is invalid: limitBytes: Invalid value: 0: '
         "must be greater than 0"),
        ("nginx:1.27", {}, {"sinceSeconds": "1", "sinceTime": "2026-01-01T00:00:00Z"}, '422 PodLogOptions "web" is '
         "invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"),
        ("nginx:1.27", {}, {"tailLines": "x"}, '400 strconv.ParseInt: parsing "x": invalid syntax'),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(node: OneNode, image: str, container: Any, options: Any, text: str) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, validateContainerLogStatus; pkg/registry/core/pod/strategy.go."""
    node.given("web", image, container=container)
    node.run(15)

    assert log(node, **options) == text


def test_a_pod_that_is_being_made_ready_has_no_log_yet(node: OneNode) -> None:
    node.given("web", settle=False)
    node.run(0.2)

    assert log(node) == '400 container "main" in pod "web" is waiting to start: ContainerCreating'


def test_a_pod_without_a_node_has_an_empty_log(node: OneNode) -> None:
    """Source: pkg/registry/core/pod/strategy.go, LogLocation: no location is no error."""
    node.given("web", nodeName="")

    assert log(node) == ""


def test_one_of_several_containers_must_be_named(node: OneNode) -> None:
    containers = [{"name": name, "image": "nginx:1.27"} for name in ("a", "b")]
    node.given("web", containers=containers, initContainers=[{"name": "i", "image": "busybox:1.37"}])

    answer = log(node)

    text = "a container name must be specified for pod web, choose one of: [i a b]"
    assert answer == f"400 {text}"


def test_a_server_writes_its_log_when_it_is_asked_and_when_it_is_read(node: OneNode) -> None:
    probe = {"httpGet": {"path": "/nothing", "port": 80}, "failureThreshold": 1000}
    node.given("web", container={"readinessProbe": probe})
    node.run(11)

    lines = log(node).splitlines()

    assert lines[0].startswith("/docker-entrypoint.sh: ") and "[notice] 1#1: nginx/1.27.0" in log(node)
    assert '"GET /nothing HTTP/1.1" 404 ' in lines[-1] and lines[-1].endswith('"-" "kube-probe/1.37" "-"')


def test_reading_a_log_writes_nothing(node: OneNode) -> None:
    node.given("web", "busybox:1.37", container=shell(COUNTER))
    before = node.api.store.revision

    log(node)

    assert node.api.store.revision == before


def test_only_the_newest_lines_are_kept(node: OneNode) -> None:
    node.given("web", "busybox:1.37", container=shell("for i in $(seq 7000); do echo $i; done; sleep 99"))

    lines = log(node).splitlines()

    assert (len(lines), lines[0], lines[-1]) == (5000, "2001", "7000")


def followed(node: OneNode, script: str, **options: str) -> Response:
    """The answer to who follows the log of a container that has just begun."""
    node.given("web", "busybox:1.37", container=shell(script), restartPolicy="Never", settle=False)
    node.run(3)
    asked = Request("get", "pods", "", "v1", "default", "web", "log", {"follow": "true", **options}, user="admin")
    return node.api.handle(asked)


def test_a_followed_log_goes_on_until_the_container_ends(node: OneNode) -> None:
    """Source: pkg/kubelet/kuberuntime/logs/logs.go, ReadLogs (follow ends with the container)."""
    answer = followed(node, "echo a; sleep 5; echo b; printf c")
    assert answer.session is not None

    before = answer.session.pull(), answer.session.is_closed
    node.run(9)

    assert (answer.text, before) == ("a\n", ([], False))
    assert answer.session.pull() == [("stdout", "b\n"), ("stdout", "c\n")] and answer.session.is_closed


def test_the_lines_that_follow_are_shaped_as_the_first(node: OneNode) -> None:
    answer = followed(node, "echo a; sleep 5; echo b; sleep 99", timestamps="true", tailLines="0")
    assert answer.session is not None

    node.run(9)

    ((channel, line),) = answer.session.pull()
    assert (answer.text, channel) == ("", "stdout") and re.fullmatch(r"2026-\S+Z b\n", line)


def test_who_hangs_up_is_told_nothing_more(node: OneNode) -> None:
    session = followed(node, COUNTER).session
    assert session is not None

    session.close()
    node.run(5)

    assert session.is_closed and session.pull() == []


def test_following_what_has_ended_ends_at_once(node: OneNode) -> None:
    session = followed(node, "echo a").session

    assert session is not None and session.is_closed and session.pull() == []
