"""A command line, understood: words and flags; and what a verb works with.

Source    staging/src/k8s.io/kubectl/pkg/cmd; spf13/pflag
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from k8slab.client import Client
from k8slab.clock import parse_duration

__all__ = ["Command", "Obj", "Session", "UsageError", "left_out", "parse"]

Obj = dict[str, Any]

SHORT = {
    "-n": "--namespace", "-o": "--output", "-l": "--selector", "-f": "--filename", "-A": "--all-namespaces",
    "-w": "--watch", "-h": "--help", "-p": "--patch", "-L": "--label-columns", "-r": "--replicas", "-c": "--container",
    "-i": "--stdin", "-t": "--tty",
}  # fmt: skip
SHORT_OF_LOGS = {"-f": "--follow", "-p": "--previous"}
DEFAULTED = {"dry-run": "client", "cascade": "background"}
GLOBAL = {"namespace", "as", "as-group", "help?"}  # flags of every verb; `?` marks a switch, which needs no value
REAL_FLAGS = {  # and nobody here, or not all who have them there
    "api-version", "attach", "chunk-size", "containers", "current-replicas", "docker-server", "dry-run",
    "field-selector", "filename", "force", "from", "from-env-file", "from-file", "from-literal", "grace-period",
    "ignore-not-found", "kustomize", "limit-bytes", "list", "local", "non-resource-url", "output", "overrides",
    "patch-file", "pod-selector", "prune", "quiet", "resource-name", "revision", "rm", "save-config",
    "since-time", "stdin", "subresource", "timeout", "tty", "type", "types", "user", "validate", "watch",
}  # fmt: skip


class UsageError(Exception):
    """The command line makes no sense; the text is what kubectl prints."""


class Session(NamedTuple):
    """What a verb works with: the client, standard input, and a way to let time pass, if there is one."""

    client: Client
    stdin: str
    run: Callable[[float], None] | None

    def wait(self, seconds: float) -> bool:
        """Let virtual time pass; False when nobody can."""
        if self.run is not None:
            self.run(seconds)
        return self.run is not None

    def until(self, is_so: Callable[[], bool], deadline: float) -> bool:
        """Let virtual time pass until something is so; False when it is not before the deadline."""
        while not is_so():
            if self.client.now >= deadline or not self.wait(1.0):
                return False
        return True


class Command(NamedTuple):
    """The words after the verb, and the flags; a flag given twice keeps every value. `path` is verb and subcommand.

    `arguments` are the words behind `--`.
    """

    words: list[str]
    flags: dict[str, list[str]]
    path: str
    arguments: list[str]

    def flag(self, name: str, default: str = "") -> str:
        """The last value of a flag."""
        return self.flags.get(name, [default])[-1]

    def has(self, name: str) -> bool:
        """A switch is on."""
        return self.flag(name, "false") != "false"

    def number(self, name: str, default: str = "") -> int:
        """A flag that is a number. Raises UsageError."""
        text = self.flag(name, default)
        if not text.lstrip("-").isdecimal():
            shown = "-r, --replicas" if (name, self.path) == ("replicas", "create deployment") else f"--{name}"
            problem = f'strconv.ParseInt: parsing "{text}": invalid syntax'
            raise _bad_flag(f'invalid argument "{text}" for "{shown}" flag: {problem}', self.path)
        return int(text)

    def duration(self, name: str, default: str) -> float:
        """A flag that is a time such as `30s`, in seconds. Raises UsageError."""
        text = self.flag(name, default)
        try:
            return parse_duration(text)
        except ValueError:
            problem = f'time: invalid duration "{text}"'
            raise _bad_flag(f'invalid argument "{text}" for "--{name}" flag: {problem}', self.path) from None

    @property
    def namespace(self) -> str:
        """The namespace asked for; "" for all."""
        return "" if self.has("all-namespaces") else self.flag("namespace", "default")

    @property
    def is_dry_run(self) -> bool:
        """Nothing is to be written."""
        return self.flag("dry-run", "none") != "none"

    @property
    def is_client_dry_run(self) -> bool:
        """The server is not even to be asked to try."""
        return self.flag("dry-run") == "client"

    def checked(self, known: str) -> Command:
        """This command, whose verb knows these flags. Raises UsageError."""
        for name in [name for name in self.flags if not {name, f"{name}?"} & GLOBAL.union(known.split())]:
            if name in REAL_FLAGS:
                raise left_out(f"{self.path} --{name}")
            shown = f"flag: --{name}" if len(name) > 1 else f"shorthand flag: '{name}' in -{name}"
            raise _bad_flag(f"unknown {shown}", self.path)
        if (wrong := self.flag("dry-run", "none")) not in ("none", "server", "client"):
            raise UsageError(f'error: Invalid dry-run value ({wrong}). Must be "none", "server", or "client".')
        return self

    def misused(self, text: str) -> UsageError:
        """The error that sends people to the help of this command."""
        return UsageError(f"error: {text}\nSee 'kubectl {self.path} -h' for help and examples")


def left_out(what: str) -> UsageError:
    """The one sentence about what only the real kubectl has."""
    return UsageError(f'error: this slab\'s kubectl has no "{what}"; the real kubectl does')


def _bad_flag(text: str, path: str) -> UsageError:
    return UsageError(f"error: {text}\nSee 'kubectl {path} --help' for usage.")


def parse(line: str, known: set[str], paths: dict[str, str]) -> tuple[str, Command]:
    """The verb of a command line, and the rest. Raises UsageError.

    `known` are the flags of all verbs, `paths` the subcommands by the ways to type them.
    """
    try:
        parts = iter(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"error: {error}") from None
    words: list[str] = []
    flags: dict[str, list[str]] = {}
    known = known | GLOBAL
    for part in parts:
        if part == "--":
            break
        if not part.startswith("-") or part == "-":
            words.append(part)
            continue
        for name, value in _flags(part, parts, known, words[0] if words else ""):
            flags.setdefault(name, []).append(value)
    path, *rest = words or [""]
    for word in rest:
        if f"{path} {word}" not in paths:
            break
        path = paths[f"{path} {word}"]
    return (words or [""])[0], Command(rest, flags, path, list(parts))


def _flags(part: str, rest: Iterator[str], known: set[str], verb: str) -> Iterator[tuple[str, str]]:
    """The flags in one word and their values: `--tail=3`, `-n dev`, `-ndev`; `-it` is `-i -t`."""
    name, equals, value = part.removeprefix("--").partition("=")
    if not part.startswith("--"):
        known_as = SHORT | SHORT_OF_LOGS if verb == "logs" else SHORT
        name, value = known_as.get(part[:2], part[:2]).lstrip("-"), part[2:]
        if f"{name}?" in known and value and value[0] != "=":
            yield name, "true"
            yield from _flags("-" + value, rest, known, verb)
            return
        equals, value = value, value.removeprefix("=")
    if f"{name}?" in known:
        value = value or "true"
    elif not equals and name in DEFAULTED:
        value = DEFAULTED[name]
    elif not equals and name in known:
        following = next(rest, None)
        if following is None:
            shown = part if part.startswith("--") else f"{part[1]!r} in {part}"
            raise _bad_flag(f"flag needs an argument: {shown}", verb)
        value = following
    yield name, value
