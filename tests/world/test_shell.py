"""The little shell: what scripts in manifests come down to."""

from __future__ import annotations

import pytest

from k8slab.world.files import Files
from k8slab.world.images.calls import Pause, Place, Steps
from k8slab.world.images.shell import Shell, finish, understands

LIVENESS_DOC = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"
COUNTER_DOC = 'i=0; while [ $i -lt 3 ]; do echo "$i: $(date +%H:%M)"; i=$((i+1)); sleep 1; done'


def shell_at(printed: list[str], stdin: str = "") -> Shell:
    """A shell on an empty disk, at noon, that knows who it is."""
    place = Place(Files({"/tmp/": "", "/d/b": "2\n", "/d/a": "1\n"}), {"WHO": "me"}, lambda: 43200.0)
    return Shell(place, printed.append, printed.append, stdin)


def run(script: str, longest_s: float = 3600.0) -> tuple[int, str, float]:
    """Exit code, everything printed, seconds."""
    printed: list[str] = []
    code, seconds = finish(shell_at(printed), ("sh", "-c", script), longest_s)
    return code, "".join(printed), seconds


def steps_of(script: str) -> Steps:
    """The pauses of a script."""
    return shell_at([]).run(("sh", "-c", script))


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
        (COUNTER_DOC, 0, "0: 12:00\n1: 12:00\n2: 12:00\n", 3),
        ("until [ -f /tmp/x ]; do sleep 2; touch /tmp/x; done; echo $?", 0, "0\n", 2),
        ("for x in a 'b c' $WHO; do echo [$x]; done", 0, "[a]\n[b c]\n[me]\n", 0),
        ("for f in /d/*; do cat $f; done", 0, "1\n2\n", 0),
        ("if [ -f /no ]; then echo a; elif [ 2 -gt 10 ]; then echo b; else echo c; fi", 0, "c\n", 0),
        ("echo \"${NO:-else} ${WHO}$((2 * (3 + 4)))\" '$WHO' \\$WHO", 0, "else me14 $WHO $WHO\n", 0),
        ("printf '%s=%d\\n' a 7; echo -n x; echo -e 'y\\tz'", 0, "a=7\nxy\tz\n", 0),
        ("cat /d/b /d/a | sort | head -n 1", 0, "1\n", 0),
        ("echo $(cat /d/a | wc -l) files", 0, "1 files\n", 0),
        ("grep -q 2 /d/b && echo found; grep 2 /d/a; echo $?", 0, "found\n1\n", 0),
        ("{ echo b; echo a; } | sort > /tmp/o; cat < /tmp/o", 0, "a\nb\n", 0),
        ("ls /no 2>/dev/null || echo none", 0, "none\n", 0),
        ("no-such-program; echo $?", 0, "sh: no-such-program: not found\n127\n", 0),
        ("echo x > /no/such/y; echo $?", 0, "sh: can't create /no/such/y: nonexistent directory\n1\n", 0),
        (
            "mkdir -p /a/b; touch /a/b/c; ls /a; ls /a/b; rm -r /a; ls /a",
            1,
            "b\nc\nls: /a: No such file or directory\n",
            0,
        ),
        ("A=1; export B=2; A=3 env | grep '^[AB]=' | sort; echo $A", 0, "A=3\nB=2\n1\n", 0),
        ("for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done", 0, "1\n3\n", 0),
        ("seq 3 | tail -n 2; ! true; echo $?", 0, "2\n3\n1\n", 0),
        ("exec sleep 5; echo never", 0, "", 5),
        ("echo 'unfinished", 2, "sh: syntax error: unterminated quoted string\n", 0),
        ("if true; then echo", 2, 'sh: syntax error: unexpected end of file (expecting "fi")\n', 0),
        ("sleep 1 & wait", 2, 'sh: syntax error: unexpected "&"\n', 0),
    ],
)
def test_scripts_do_what_a_shell_would_do(script: str, code: int, output: str, seconds: float) -> None:
    assert run(script) == (code, output, seconds)


@pytest.mark.parametrize(
    ("command", "is_understood"),
    [
        (("sleep", "10"), True),
        (("/bin/sh", "-c", LIVENESS_DOC), True),
        (("sh", "-c", "while true; do echo hi; sleep 5; done"), True),
        (("sh", "-ec", "exit 1"), True),
        (("python", "app.py"), False),
        (("sh", "-c", "python app.py"), False),
        (("sh", "-c", "cat /f | grep x"), True),
        (("sh", "-c", "nginx & tail -f /dev/null"), False),
        (("sh", "-c", "echo 'unfinished"), False),
    ],
)
def test_it_knows_what_it_does_not_know(command: tuple[str, ...], is_understood: bool) -> None:
    assert understands(command) is is_understood


def test_a_loop_pauses_in_the_background_even_when_it_never_sleeps() -> None:
    steps = steps_of("sleep 3; while true; do true; done")

    assert [next(steps) for _ in range(3)] == [Pause(3), *[Pause(1, True, spins=True)] * 2]


def test_a_sleep_in_a_loop_is_background_work() -> None:
    steps = steps_of("while true; do sleep 5; done")

    assert [next(steps) for _ in range(2)] == [Pause(5, True), Pause(5, True)]


def test_an_endless_command_is_cut_when_it_is_run_at_once() -> None:
    assert run("while true; do sleep 60; done", longest_s=600)[0] == 137


def test_a_trap_runs_when_the_current_command_is_over() -> None:
    """Source: POSIX.1-2017, Shell Command Language, 2.11 Signals and Error Handling."""
    printed: list[str] = []
    shell = shell_at(printed)
    steps = shell.run(("sh", "-c", "trap 'echo bye; exit 3' TERM; while true; do sleep 1; done"))
    next(steps)

    shell.is_signalled = "TERM" in shell.traps

    assert [*steps] == [] and printed == ["bye\n"]


def test_a_shell_without_a_script_reads_standard_input() -> None:
    printed: list[str] = []

    code, _ = finish(shell_at(printed, "echo one\nexit 4\n"), ("sh",))

    assert (code, printed) == (4, ["one\n"])


def test_what_follows_a_file_prints_what_is_added_to_it() -> None:
    printed: list[str] = []
    shell = shell_at(printed)
    steps = shell.run(("tail", "-n", "1", "-f", "/d/a"))
    next(steps)

    shell.place.files["/d/a"] += "more\n"
    next(steps)

    assert printed == ["1\n", "more\n"]
