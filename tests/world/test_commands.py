"""Commands that take their time, and are typed at."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import Behaviour, Command, Container

FOREVER = {"command": ("sleep", "infinity")}


def begun(machines: Any, *words: str, **how: bool) -> tuple[Container, Command]:
    """A command in a container of busybox; its status is its exit code."""
    container = machines.run("busybox:1.37", **FOREVER)
    command = Command(container, lambda code: code, **how)
    container.begin(command, words)
    return container, command


def heard(command: Command) -> dict[str, Any]:
    """What came out of each channel."""
    said: dict[str, Any] = {}
    for channel, what in command.pull():
        said[channel] = said[channel] + what if channel in said else what
    return said


def test_what_a_command_prints_is_heard_when_it_is_printed(machines: Any) -> None:
    _, command = begun(machines, "sh", "-c", "echo a; sleep 2; echo b >&2; exit 3")

    before = heard(command)
    machines.loop.run_until(machines.loop.now + 3)

    assert (before, heard(command), command.is_closed) == ({"stdout": "a\n"}, {"stderr": "b\n", "error": 3}, True)


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("cat",), [b"a", b"b\n"], {"stdout": "ab\n", "error": 0}),
        (("cat",), ["é".encode()[:1], "é".encode()[1:]], {"stdout": "é", "error": 0}),
        (("cat",), [b"\xff\n"], {"stdout": "\udcff\n", "error": 0}),
        (("sh", "-c", "cat > /tmp/x; wc -l /tmp/x"), [b"a\nb\n"], {"stdout": "2 /tmp/x\n", "error": 0}),
        (("sh", "-c", "grep b | wc -l"), [b"a\nb\n"], {"stdout": "1\n", "error": 0}),
        (("sh",), [b"X=1\necho $", b"X\n"], {"stdout": "1\n", "error": 0}),
        (("sh",), [b"for i in 1 2\ndo echo $i\ndone\n"], {"stdout": "1\n2\n", "error": 0}),
        (("sh",), [b"cd /tmp\npwd\nexit 4\necho no\n"], {"stdout": "/tmp\n", "error": 4}),
        (("sh",), [b"echo 'a"], {"stderr": "sh: syntax error: unterminated quoted string\n", "error": 2}),
        (("sh",), [b"false"], {"error": 1}),
    ],
)
def test_what_is_piped_in_is_read(machines: Any, words: Any, typed: list[bytes], said: Any) -> None:
    _, command = begun(machines, *words, has_input=True)

    for data in typed:
        command.send(data)
    command.end_input()

    assert heard(command) == said


def test_what_is_copied_comes_as_it_is_piped_in(machines: Any) -> None:
    _, command = begun(machines, "sh", "-c", "cat; echo end", has_input=True)

    said = []
    for data in (b"a", b"b\n"):
        command.send(data)
        said.append(heard(command))
    command.end_input()

    assert [*said, heard(command)] == [{"stdout": "a"}, {"stdout": "b\n"}, {"stdout": "end\n", "error": 0}]


def test_who_does_not_read_does_not_wait_for_input(machines: Any) -> None:
    _, command = begun(machines, "head", "-n", "1", "/etc/hostname", has_input=True)

    assert heard(command) == {"stdout": "pod-u1\n", "error": 0}


@pytest.mark.parametrize(
    ("keys", "screen"),
    [
        (b"echo a\r", "echo a\r\na\r\n/ # "),
        (b"echx\x7fo a\r", "echx\b \bo a\r\na\r\n/ # "),
        (b"lss\x15pwd\r", "lss\b \b\b \b\b \bpwd\r\n/\r\n/ # "),
        (b"\x1b[Apwd\r", "pwd\r\n/\r\n/ # "),
        (b"abc\x03", "abc^C\r\n/ # "),
        (b"if true\r", "if true\r\n> "),
        (b"cat\rx\r\x04", "cat\r\nx\r\nx\r\n/ # "),
        (b"ls /no\r", "ls /no\r\nls: /no: No such file or directory\r\n/ # "),
    ],
)
def test_a_terminal_shows_what_is_typed_and_what_it_leads_to(machines: Any, keys: bytes, screen: str) -> None:
    """Source: POSIX.1-2017, "General Terminal Interface", canonical mode; busybox' ash."""
    _, command = begun(machines, "sh", has_input=True, is_tty=True)

    command.send(keys)

    assert heard(command) == {"stdout": "/ # " + screen}


@pytest.mark.parametrize(("words", "code"), [(("sleep", "100"), 130), (("sh", "-c", "sleep 100; echo no"), 130)])
def test_an_interrupt_ends_a_command(machines: Any, words: Any, code: int) -> None:
    _, command = begun(machines, *words, has_input=True, is_tty=True)

    command.send(b"\x03")

    assert heard(command) == {"stdout": "^C\r\n", "error": code}


def test_an_interrupt_ends_what_a_shell_does_and_not_the_shell(machines: Any) -> None:
    _, command = begun(machines, "sh", has_input=True, is_tty=True)
    command.send(b"sleep 100\r")

    command.send(b"\x03")
    command.send(b"\x04")

    assert heard(command) == {"stdout": "/ # sleep 100\r\n^C\r\n/ # ", "error": 130}


def test_a_command_ends_with_its_container(machines: Any) -> None:
    container, command = begun(machines, "sleep", "100")

    container.kill()

    assert heard(command) == {"error": 137} and container.commands == ()


def test_a_command_is_killed_when_nobody_listens_any_more(machines: Any) -> None:
    container, command = begun(machines, "sh", "-c", "sleep 2; echo x > /tmp/x")

    command.close()
    machines.loop.run_until(machines.loop.now + 5)

    assert "/tmp/x" not in container.files and container.commands == ()


def test_a_behaviour_may_answer_by_itself(machines: Any) -> None:
    class Oracle(Behaviour):
        def on_exec(self, command: Any) -> Any:
            return super().on_exec(command)._replace() if command[0] == "echo" else super().on_exec(("echo", "hm"))

    container = machines.run(Oracle)
    command = Command(container, lambda code: code)

    container.begin(command, ("what",))

    assert heard(command) == {"stdout": "hm\n", "error": 0}
