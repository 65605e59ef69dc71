"""The last words of a container, in its status."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

WRITE = "echo starting; echo 'out of stock' > /dev/termination-log; exit {}"


def message(node: OneNode, script: str, **fields: Any) -> str:
    """The message with which a container that runs the script has ended."""
    container = {"command": ["sh", "-c", script], **fields}
    node.given("web", "busybox:1.37", container=container, restartPolicy="Never")
    return str(node.pod("web")["status"]["containerStatuses"][0]["state"]["terminated"].get("message", ""))


@pytest.mark.parametrize(
    ("script", "fields", "text"),
    [
        (WRITE.format(1), {}, "out of stock\n"),
        (WRITE.format(0), {}, "out of stock\n"),
        ("echo starting; exit 1", {}, ""),
        ("echo elsewhere > /tmp/why; exit 1", {"terminationMessagePath": "/tmp/why"}, "elsewhere\n"),
        ("echo starting; exit 1", {"terminationMessagePolicy": "FallbackToLogsOnError"}, "starting\n"),
        ("echo starting; exit 0", {"terminationMessagePolicy": "FallbackToLogsOnError"}, ""),
        (WRITE.format(1), {"terminationMessagePolicy": "FallbackToLogsOnError"}, "out of stock\n"),
    ],
)
def test_the_message_comes_from_a_file_or_from_the_log(
    node: OneNode, script: str, fields: dict[str, str], text: str
) -> None:
    """Source: kubernetes.io, "Determine the Reason for Pod Failure"."""
    assert message(node, script, **fields) == text


@pytest.mark.parametrize(
    ("script", "policy", "size"),
    [
        ("for i in $(seq 2000); do echo $i >> /dev/termination-log; done; exit 1", "File", 4096),
        ("for i in $(seq 60); do echo $(seq 20); done; exit 1", "FallbackToLogsOnError", 2048),
        ("for i in $(seq 100); do echo 1; done; exit 1", "FallbackToLogsOnError", 160),
    ],
)
def test_a_message_has_bounds(node: OneNode, script: str, policy: str, size: int) -> None:
    """Source: pkg/kubelet/container/runtime.go: 4,096 bytes; of the log 2,048 bytes and 80 lines."""
    assert len(message(node, script, terminationMessagePolicy=policy)) == size
