"""The little shell: what scripts in manifests come down to."""

from __future__ import annotations

import pytest

from k8slab.world.images.shell import Pause, execute, run, understands

LIVENESS_DOC = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"


@pytest.mark.parametrize(
    ("script", "code", "output", "seconds"),
    [
        ("true", 0, "", 0),
        ("false", 1, "", 0),
        ("exit 7; echo no", 7, "", 0),
        ("false && echo no; echo yes", 0, "yes\n", 0),
        ("false || echo yes", 0, "yes\n", 0),
        ("true || echo no", 0, "", 0),
        ("echo $WHO and ${WHO}", 0, "me and me\n", 0),
        ("echo 'a; b' \"c && d\"", 0, "a; b c && d\n", 0),
        ("sleep 2\nsleep 1m", 0, "", 62),
        ("echo ok > /f; cat /f; rm /f; cat /f", 1, "ok\ncat: can't open '/f': No such file or directory\n", 0),
        ("echo a > /f; echo b >> /f; cat /f", 0, "a\nb\n", 0),
        ("test -f /f && echo no; touch /f; [ -f /f ] && echo yes", 0, "yes\n", 0),
        ("while test -f /x; do sleep 1; done; echo done", 0, "done\n", 0),
        (LIVENESS_DOC, 0, "", 630),
    ],
)
def test_scripts_do_what_a_shell_would_do(script: str, code: int, output: str, seconds: float) -> None:
    assert run(("sh", "-c", script), {}, {"WHO": "me"}) == (code, output, seconds)


@pytest.mark.parametrize(
    ("command", "is_understood"),
    [
        (("sleep", "10"), True),
        (("/bin/sh", "-c", LIVENESS_DOC), True),
        (("sh", "-c", "while true; do echo hi; sleep 5; done"), True),
        (("sh", "-ec", "exit 1"), True),
        (("python", "app.py"), False),
        (("sh", "-c", "python app.py"), False),
        (("sh", "-c", "cat /f | grep x"), False),
        (("sh", "-c", "echo 'unfinished"), False),
    ],
)
def test_it_knows_what_it_does_not_know(command: tuple[str, ...], is_understood: bool) -> None:
    assert understands(command) is is_understood


def test_a_loop_pauses_in_the_background_even_when_it_never_sleeps() -> None:
    steps = execute(("sh", "-c", "sleep 3; while true; do true; done"), {}, {})

    assert [next(steps) for _ in range(3)] == [Pause(3, False), Pause(1, True), Pause(1, True)]


def test_a_sleep_in_a_loop_is_background_work() -> None:
    steps = execute(("sh", "-c", "while true; do sleep 5; done"), {}, {})

    assert [next(steps) for _ in range(2)] == [Pause(5, True), Pause(5, True)]


def test_an_endless_command_is_cut_when_it_is_run_at_once() -> None:
    assert run(("sh", "-c", "while true; do sleep 60; done"), {}, {}, longest_s=600)[0] == 137
