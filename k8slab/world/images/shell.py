"""A shell small enough to read: what `sh -c "…"` and the busybox programs in manifests come down to.

Understands words, quotes, `$VAR`, `;` `&&` `||` and newlines, `while …; do …; done`, `>` and `>>`.
A script runs as a generator of pauses, so that `sleep 30` costs no time but virtual time.

Left out  pipes, functions, `if`, `for`, `case`, globbing, background jobs, trap: such a script is not understood
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator, Mapping, MutableMapping, Sequence
from typing import NamedTuple

__all__ = [
    "FOREVER_S",
    "Pause",
    "execute",
    "run",
    "understands",
]

FOREVER_S = float("inf")
SPIN_S = 1.0  # a loop that never sleeps burns CPU; here it burns virtual time

Files = MutableMapping[str, str]
Env = Mapping[str, str]


class Pause(NamedTuple):
    """The script sleeps; in a loop that is background work, as it may come back for ever."""

    seconds: float
    background: bool


class Outcome(NamedTuple):
    """How a command ended; `exits` ends the whole script."""

    code: int
    output: str = ""
    exits: bool = False


Steps = Generator[Pause, None, Outcome]
SHELLS = ("sh", "/bin/sh", "bash", "/bin/bash", "ash")
OPERATORS = (";", "&&", "||")
PROGRAMS = frozenset(
    ("sleep", "echo", "true", ":", "false", "exit", "touch", "rm", "cat", "test", "[", "env", "hostname", "tail", "ls")
)


def understands(command: Sequence[str]) -> bool:
    """Every program in the command is one that this shell has."""
    try:
        tokens = _tokens(command)
    except ValueError:
        return False
    befores = [";", *tokens]
    heads = [word for before, word in zip(befores, tokens, strict=False) if before in (*OPERATORS, "while", "do")]
    return bool(heads) and all(head in PROGRAMS or head in ("while", "do", "done") for head in heads)


def execute(command: Sequence[str], files: Files, env: Env) -> Steps:
    """Run a command line (a program with arguments, or `sh -c SCRIPT`): pauses, then the outcome."""
    try:
        tokens = _tokens(command)
    except ValueError as error:
        return Outcome(2, f"sh: syntax error: {error}")
    return (yield from _sequence(tokens, files, env, in_loop=False))


def run(command: Sequence[str], files: Files, env: Env, longest_s: float = 3600.0) -> tuple[int, str, float]:
    """Run a command to its end at once: exit code, output and the seconds it would have taken."""
    steps = execute(command, files, env)
    seconds = 0.0
    try:
        while seconds < longest_s:
            seconds += next(steps).seconds
    except StopIteration as end:
        return end.value.code, end.value.output, seconds
    return 137, "", longest_s


def _tokens(command: Sequence[str]) -> list[str]:
    if command[0] not in SHELLS:
        return [command[0].rpartition("/")[2] if "bin/" in command[0] else command[0], *command[1:]]
    rest = [word for word in command[1:] if word not in ("-e", "-x", "-u")]
    if len(rest) < 2 or not re.fullmatch(r"-[eux]*c", rest[0]):
        return ["sleep", "infinity"] if not rest else list(rest)
    lexer = shlex.shlex(rest[1].strip().replace("\n", ";"), posix=True, punctuation_chars=";&|<>()")
    lexer.whitespace_split = True
    tokens = [token for token in lexer if token]
    for token in tokens:
        if token in ("|", "&", "(", ")", "<"):
            raise ValueError(f'unexpected "{token}"')
    return [";" if set(token) == {";"} else token for token in tokens]


def _sequence(tokens: list[str], files: Files, env: Env, in_loop: bool) -> Steps:
    """Commands joined by ; && ||, each skipped or run by how the one before ended."""
    last, output, joined = Outcome(0), "", ";"
    for part, joiner in _parts(tokens):
        wanted = joined == ";" or (joined == "&&") == (last.code == 0)
        if part and wanted:
            last = yield from (_while if part[0] == "while" else _simple)(part, files, env, in_loop)
            output += last.output
            if last.exits:
                break
        joined = joiner
    return Outcome(last.code, output, last.exits)


def _parts(tokens: list[str]) -> list[tuple[list[str], str]]:
    """The commands with the operator that follows each; what lies between while and its done stays together."""
    parts: list[tuple[list[str], str]] = []
    part: list[str] = []
    depth = 0
    for token in tokens:
        depth += (token == "while") - (token == "done")
        if token in OPERATORS and depth <= 0:
            parts.append((part, token))
            part = []
        else:
            part.append(token)
    return [*parts, (part, ";")]


def _while(tokens: list[str], files: Files, env: Env, in_loop: bool) -> Steps:
    start = tokens.index("do") if "do" in tokens else len(tokens)
    condition, body = tokens[1:start], tokens[start + 1 : -1]
    while True:
        has_slept = False
        for part in (condition, body):
            steps = _sequence(part, files, env, in_loop=True)
            try:
                while True:
                    yield next(steps)
                    has_slept = True
            except StopIteration as end:
                last: Outcome = end.value
            if last.exits:
                return last
            if part is condition and last.code:
                return Outcome(0)
        if not has_slept:
            yield Pause(SPIN_S, background=True)


def _simple(tokens: list[str], files: Files, env: Env, in_loop: bool) -> Steps:
    words = [re.sub(r"\$\{?(\w+)\}?", lambda m: env.get(m[1], ""), word) for word in tokens]
    target = ""
    for operator in (">", ">>"):
        if operator in words[:-1]:
            at = words.index(operator)
            target, words = words[at + 1], words[:at]
            files.setdefault(target, "")
            if operator == ">":
                files[target] = ""
    program, args = words[0], words[1:]
    if program == "sleep" or (program == "tail" and "-f" in args):
        yield Pause(FOREVER_S if program == "tail" else sum(map(_seconds, args)), background=in_loop)
        return Outcome(0)
    outcome = _program(program, args, files, env)
    if target:
        files[target] += outcome.output
        return outcome._replace(output="")
    return outcome


def _program(program: str, args: list[str], files: Files, env: Env) -> Outcome:
    names = [arg for arg in args if not arg.startswith("-")]
    match program:
        case "true" | ":" | "tail":
            return Outcome(0)
        case "false":
            return Outcome(1)
        case "exit":
            return Outcome(int(args[0]) if args and args[0].isdigit() else 0, exits=True)
        case "echo":
            return Outcome(0, " ".join(args[1:] if args[:1] in (["-n"], ["-e"]) else args) + "\n")
        case "env":
            return Outcome(0, "".join(f"{name}={value}\n" for name, value in env.items()))
        case "hostname":
            return Outcome(0, env.get("HOSTNAME", "") + "\n")
        case "touch" | "rm" | "cat" | "ls" | "test" | "[":
            return _on_files(program, names, files)
    return Outcome(127, f"sh: {program}: not found\n")


def _on_files(program: str, names: list[str], files: Files) -> Outcome:
    match program:
        case "touch":
            for name in names:
                files.setdefault(name, "")
        case "rm":
            for name in names:
                files.pop(name, None)
        case "cat" | "ls":
            if not names and program == "ls":
                return Outcome(0, "".join(f"{name}\n" for name in sorted(files)))
            missing = [name for name in names if name not in files]
            if missing:
                problem = "can't open '{}'" if program == "cat" else "{}"
                return Outcome(1, f"{program}: {problem.format(missing[0])}: No such file or directory\n")
            return Outcome(0, "".join(files[name] if program == "cat" else f"{name}\n" for name in names))
        case _:
            return Outcome(0 if any(name in files for name in names) else 1)
    return Outcome(0)


def _seconds(text: str) -> float:
    if text in ("infinity", "inf"):
        return FOREVER_S
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number = text.rstrip("smhd") or "0"
    return float(number) * units.get(text[-1], 1) if number.replace(".", "", 1).isdigit() else 0.0
