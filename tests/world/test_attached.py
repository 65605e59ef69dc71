"""Being attached to the process of a container."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import Attached, Container


def attached(machines: Any, *command: str, is_once: bool = False, **config: Any) -> tuple[Container, Attached]:
    """A container of busybox, and somebody who is there from its start on."""
    container = machines.run("busybox:1.37", command=command, **config)
    return container, Attached(container, "over", has_input=True, is_once=is_once)


def heard(session: Attached) -> list[Any]:
    """What was printed, in one text; and the end, if it has come."""
    pairs = session.pull()
    return ["".join(what for channel, what in pairs if channel == "stdout"), *dict(pairs[-1:]).keys() & {"error"}]


def test_what_is_printed_is_heard_at_once_and_the_end_too(machines: Any) -> None:
    _, session = attached(machines, "sh", "-c", "sleep 2; printf a; sleep 2; echo b; exit 3")

    machines.loop.run_until(machines.loop.now + 2)
    before = heard(session)
    machines.loop.run_until(machines.loop.now + 2)

    assert (before, heard(session), session.is_closed) == (["a"], ["b\n", "error"], True)


@pytest.mark.parametrize(
    ("config", "typed", "said"),
    [
        ({"stdin": True}, b"echo a\nexit 3\n", ["a\n", "error"]),
        ({"stdin": True, "tty": True}, b"echo a\r", ["echo a\r\na\r\n/ # "]),
        ({"stdin": True, "tty": True}, b"sleep 9\r\x03", ["sleep 9\r\n^C\r\n/ # "]),
    ],
)
def test_a_shell_can_be_typed_at(machines: Any, config: Any, typed: bytes, said: list[Any]) -> None:
    _, session = attached(machines, "sh", **config)

    session.send(typed)

    assert heard(session) == said


def test_what_is_typed_at_a_shell_stands_in_its_log(machines: Any) -> None:
    container, session = attached(machines, "sh", stdin=True)

    session.send(b"echo a\n")

    assert [line for _, line in container.log_lines()] == ["a"]


def test_a_shell_without_input_ends_at_once(machines: Any) -> None:
    _, session = attached(machines, "sh")

    assert heard(session) == ["", "error"]


@pytest.mark.parametrize(("is_once", "is_running"), [(True, False), (False, True)])
def test_input_ends_with_the_session_where_that_is_asked_for(machines: Any, is_once: bool, is_running: bool) -> None:
    """Source: kubernetes.io, API reference, "Container", stdinOnce."""
    container, session = attached(machines, "cat", stdin=True, is_once=is_once)
    session.send(b"a\n")

    session.close()

    assert container.is_running == is_running


def test_an_interrupt_ends_a_pause_which_does_not_come_back(machines: Any) -> None:
    container, session = attached(machines, "sh", stdin=True, tty=True)
    for keys in (b"sleep 5\r", b"\x03", b"sleep 20; echo late\r"):
        session.send(keys)

    machines.loop.run_until(machines.loop.now + 9)

    assert container.is_running and heard(session) == ["sleep 5\r\n^C\r\n/ # sleep 20; echo late\r\n"]
