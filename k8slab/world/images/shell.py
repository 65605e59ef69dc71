"""A shell small enough to read: it does what `syntax` has understood, with the programs of `busybox`.

A script runs as a generator of pauses, so that `sleep 30` costs no time but virtual time. What it prints goes to
`out` and `err` as it is printed.

Source    POSIX.1-2017, Shell Command Language; the texts of busybox' ash
Left out  subshells of their own, `set -e`, variables that are not exported; the right side of a pipe begins when its
          left side has ended
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Generator, Sequence

from k8slab.world.files import NoSpaceError, ReadOnlyError
from k8slab.world.images.busybox import PROGRAMS
from k8slab.world.images.calls import Call, Pause, Place, Steps
from k8slab.world.images.expansion import expanded, joined
from k8slab.world.images.syntax import For, If, Listing, Loop, Node, Simple, parse, words_of
from k8slab.world.images.typed import Typed, conversation, copied, copies, reads_input, rest_of

__all__ = [
    "SHELLS",
    "Shell",
    "finds",
    "finish",
    "understands",
]

SHELLS = ("sh", "/bin/sh", "bash", "/bin/bash", "ash", "/bin/ash")
BUILT_IN = ("exit", "cd", "export", "unset", "set", "trap", "break", "continue", "exec", "wait", ":", "read")
FREE_ROUNDS = 10_000
WORD_LIMIT = 1_000_000  # characters in a variable
SPIN_S, FREE_SPINS = 1.0, 1000  # a loop that never sleeps burns CPU; after so many rounds it burns virtual time

Sink = Callable[[str], object]


class _Exit(Exception):
    """The script is over."""


class _LoopEnd(Exception):
    """`break`, or (`goes_on`) `continue`."""

    def __init__(self, goes_on: bool) -> None:
        self.goes_on = goes_on


def understands(
    command: Sequence[str], missing: frozenset[str] = frozenset(), own: frozenset[str] = frozenset()
) -> bool:
    """Every program in a command line is one that there is here; a script may also call an image's `own`."""
    script = _script_of(command)
    if script is None:
        return _base(command[0]) in PROGRAMS and _base(command[0]) not in missing
    try:
        names = list(words_of(parse(script)))
    except ValueError:
        return False
    known = {*PROGRAMS, *BUILT_IN, *SHELLS, *own}
    return bool(names) and all(_base(name) in known or name in known for name in names)


def finds(name: str, place: Place) -> bool:
    """There is such a program."""
    is_known = name in SHELLS or _base(name) in PROGRAMS or _base(name) in place.own
    return is_known and name.rpartition("/")[2] not in place.missing


def finish(shell: Shell, command: Sequence[str], longest_s: float = 3600.0) -> tuple[int, float]:
    """Run a command to its end at once: its exit code, and the seconds it would have taken."""
    steps, seconds = shell.run(command), 0.0
    try:
        while seconds < longest_s:
            seconds += next(steps).seconds
    except StopIteration as end:
        return end.value, seconds
    return 137, longest_s


class Shell:
    """One run of a shell."""

    def __init__(self, place: Place, out: Sink, err: Sink, stdin: str | Typed = "") -> None:
        self.place = place
        self.env = dict(place.env)
        self.cwd = "/"
        self.traps: dict[str, str] = {}
        self.is_signalled = False
        self._out, self._err, self._stdin = out, err, stdin
        self._status = 0
        self._loops = self._spins = self._depth = 0
        self._args: tuple[str, ...] = ()

    def run(self, command: Sequence[str]) -> Steps:
        """A command line: a program with arguments, or `sh -c SCRIPT`."""
        script = _script_of(command)
        try:
            if script is None:
                return (yield from self._program(tuple(command)))
            if not script and isinstance(self._stdin, Typed):
                talk = conversation(self._stdin, lambda: f"{self.cwd} # ", self._said, self._err)
                return (yield from talk)
            script = script or str(self._stdin)
            self._args = tuple(command[command.index(script) + 1 :] if script in command else ()) or (command[0],)
            return (yield from self._do(parse(script)))
        except ValueError as error:
            self._err(f"{_base(command[0])}: syntax error: {error}\n")
            return 2
        except _Exit:
            return self._status

    def _said(self, script: str) -> Steps:
        return self._do(parse(script))

    def _do(self, node: Node) -> Steps:
        if isinstance(node, Simple):
            self._status = yield from self._simple(node)
        elif isinstance(node, Listing):
            yield from self._listing(node)
        elif isinstance(node, Loop):
            yield from self._loop(node)
        elif isinstance(node, For):
            yield from self._for(node)
        else:
            yield from self._if(node)
        return self._status

    def _listing(self, node: Listing) -> Steps:
        before = self._out, self._err
        flush = self._redirect(node.redirects)
        try:
            for operator, is_negated, pipe in node.items:
                if operator != ";" and (operator == "&&") != (self._status == 0):
                    continue
                yield from self._pipe(pipe)
                if is_negated:
                    self._status = int(self._status == 0)
        finally:
            self._out, self._err = before
            flush()
        return self._status

    def _pipe(self, parts: tuple[Node, ...]) -> Steps:
        out, stdin = self._out, self._stdin
        try:
            for part in parts[:-1]:
                collected: list[str] = []
                self._out = collected.append
                yield from self._do(part)
                self._stdin = "".join(collected)
            self._out = out
            yield from self._do(parts[-1])
        finally:
            self._out, self._stdin = out, stdin
        return self._status

    def _if(self, node: If) -> Steps:
        for condition, body in node.branches:
            yield from self._do(condition)
            if self._status == 0:
                return (yield from self._do(body))
        self._status = 0
        return (yield from self._do(node.otherwise)) if node.otherwise is not None else 0

    def _for(self, node: For) -> Steps:
        words = self._fields(node.words)
        self._status = 0
        for place, word in enumerate(words, 1):
            self.env[node.name] = word
            if place % FREE_ROUNDS == 0:
                yield Pause(SPIN_S, spins=True)
            try:
                yield from self._do(node.body)
            except _LoopEnd as end:
                if not end.goes_on:
                    break
        return self._status

    def _loop(self, node: Loop) -> Steps:
        self._loops += 1
        try:
            while True:
                has_slept = yield from self._watched(node.condition)
                if (self._status == 0) == node.until:
                    break
                has_slept = (yield from self._watched(node.body)) or has_slept
                self._spins += not has_slept
                if not has_slept and self._spins > FREE_SPINS:
                    yield Pause(SPIN_S, background=True, spins=True)
        except _LoopEnd:
            pass
        finally:
            self._loops -= 1
        self._status = 0
        return 0

    def _watched(self, node: Node) -> Generator[Pause, None, bool]:
        """Do it, and tell whether it paused."""
        has_slept, steps = False, self._do(node)
        try:
            while True:
                yield next(steps)
                has_slept = True
        except StopIteration:
            return has_slept
        except _LoopEnd as end:
            if not end.goes_on:
                raise
            return has_slept

    def _simple(self, node: Simple) -> Steps:
        if self.is_signalled:
            self.is_signalled = False
            yield from self._do(parse(self.traps["TERM"]))
        out, err, stdin = self._out, self._err, self._stdin
        try:
            flush = self._redirect(node.redirects)
        except OSError as error:
            err(f"sh: {error}\n")
            return 1
        try:
            return (yield from self._assigned(node.words))
        finally:
            self._out, self._err, self._stdin = out, err, stdin
            flush()

    def _assigned(self, words: tuple[str, ...]) -> Steps:
        """NAME=value … and then a command, if there is one."""
        at = 0
        while at < len(words) and words[at].partition("=")[0].isidentifier() and "=" in words[at]:
            at += 1
        values = {word.partition("=")[0]: self._joined(word.partition("=")[2]) for word in words[:at]}
        argv = tuple(self._fields(words[at:]))
        if not argv:
            self.env |= values
            if sum(map(len, values.values())) > WORD_LIMIT:
                raise MemoryError("sh: out of memory")
            return self._status if any("$(" in word for word in words) else 0
        before = self.env
        self.env = {**before, **values} if values else before
        try:
            return (yield from self._program(argv))
        finally:
            if values:
                self.env = before

    def _program(self, argv: tuple[str, ...]) -> Steps:
        name = argv[0]
        if name in BUILT_IN:
            return (yield from self._built_in(name, argv[1:]))
        if name in SHELLS and _base(name) not in self.place.missing:
            inner = Shell(self.place._replace(env=self.env), self._out, self._err, self._stdin)
            inner._loops = self._loops
            return (yield from inner.run(argv))
        base = _base(name)
        program = PROGRAMS.get(base) if base not in self.place.missing else None
        if base in self.place.own:
            program = self.place.run_own
        if program is None:
            self._err(f"sh: {name}: not found\n")
            return 127
        stdin = self._stdin
        if isinstance(stdin, Typed):
            if copies(base, argv[1:]):
                return (yield from copied(stdin, self._out))
            stdin = (yield from rest_of(stdin)) if reads_input(base, argv[1:]) else ""
        call = Call(base, argv[1:], stdin, self._out, self._err, self.env, self.cwd, self.place)
        try:
            result = program(call)
        except ReadOnlyError as error:
            self._err(f"{base}: {error.args[0]}: Read-only file system\n")
            return 1
        except NoSpaceError as error:
            self._err(f"{base}: {error.args[0]}: No space left on device\n")
            return 1
        return result if isinstance(result, int) else (yield from self._paused(result))

    def _paused(self, steps: Steps) -> Steps:
        """A program that takes its time; in a loop that is background work, as it may come back for ever."""
        try:
            while True:
                pause = next(steps)
                yield pause._replace(background=pause.background or self._loops > 0)
        except StopIteration as end:
            return int(end.value or 0)

    def _built_in(self, name: str, args: tuple[str, ...]) -> Steps:
        match name:
            case "exit":
                self._status = int(args[0]) % 256 if args and args[0].isdecimal() else self._status
                raise _Exit
            case "break" | "continue":
                raise _LoopEnd(name == "continue")
            case "exec" if args:
                self._status = yield from self._program(args)
                raise _Exit
            case "cd":
                self.cwd = (args[0] if args else "/").rstrip("/") or "/"
            case "export":
                self.env |= {word.partition("=")[0]: word.partition("=")[2] for word in args if "=" in word}
            case "unset":
                for word in args:
                    self.env.pop(word, None)
            case "trap" if len(args) > 1:
                self.traps |= {signal.removeprefix("SIG").replace("15", "TERM"): args[0] for signal in args[1:]}
        return 0

    def _fields(self, words: Sequence[str]) -> list[str]:
        fields: list[str] = []
        for word in words:
            for field, is_pattern in expanded(word, self._variable, self._output_of):
                found = fnmatch.filter(sorted(self.place.files), field) if is_pattern and field.startswith("/") else []
                fields += found or [field]
        return fields

    def _joined(self, word: str) -> str:
        return joined(word, self._variable, self._output_of)

    def _variable(self, name: str) -> str:
        if name == "?":
            return str(self._status)
        if name == "$":
            return "1"
        if name.isdecimal():
            return self._args[int(name)] if int(name) < len(self._args) else ""
        return " ".join(self._args[1:]) if name in ("@", "*") else self.env.get(name, "")

    def _output_of(self, script: str) -> str:
        """What `$(script)` stands for; pauses in it take no time."""
        collected: list[str] = []
        inner = Shell(self.place._replace(env=self.env), collected.append, self._err)
        steps = inner.run(("sh", "-c", script))
        try:
            for _ in range(FREE_SPINS):
                next(steps)
        except StopIteration as end:
            self._status = end.value
        return "".join(collected).rstrip("\n")

    def _redirect(self, redirects: tuple[tuple[str, str], ...]) -> Callable[[], None]:
        """Point the output elsewhere; what is returned closes the files. Raises OSError."""
        for operator, word in redirects:
            if operator == "2>&1":
                self._err = self._out
            elif operator in (">&2", "1>&2"):
                self._out = self._err
            elif operator == "<":
                path = self._path(word)
                if path not in self.place.files:
                    raise OSError(f"can't open {path}: no such file")
                self._stdin = self.place.files[path]
            else:
                sink = self._opened(self._path(word), appending=operator.endswith(">>"))
                if operator.startswith("2"):
                    self._err = sink
                else:
                    self._out = sink
        return lambda: None

    def _path(self, word: str) -> str:
        path = self._joined(word)
        return path if path.startswith("/") else f"{self.cwd.rstrip('/')}/{path}"

    def _opened(self, path: str, appending: bool) -> Sink:
        files = self.place.files
        if path in ("/dev/null", "/dev/stdout", "/dev/stderr", "/proc/1/fd/1"):
            return {"/dev/null": lambda text: None, "/dev/stderr": self._err}.get(path, self._out)
        folder = path.rpartition("/")[0]
        if folder and not files.is_directory(folder):
            raise OSError(f"can't create {path}: nonexistent directory")
        try:
            files[path] = files[path] if appending and path in files else ""
        except ReadOnlyError:
            raise OSError(f"can't create {path}: Read-only file system") from None

        def write(text: str) -> None:
            files[path] = files.get(path, "") + text

        return write


def _script_of(command: Sequence[str]) -> str | None:
    """The script in `sh -c SCRIPT`; None when the command is a program."""
    if command[0] not in SHELLS:
        return None
    for place, word in enumerate(command[1:], 1):
        if word.startswith("-") and not word.startswith("--"):
            if "c" in word:
                return command[place + 1] if place + 1 < len(command) else ""
        else:
            return ""
    return ""


def _base(name: str) -> str:
    return name.rpartition("/")[2] if "bin/" in name else name
