"""A command line, understood: words and flags.

Source    staging/src/k8s.io/kubectl/pkg/cmd; spf13/pflag
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from k8slab.clock import parse_duration

__all__ = [
    "Command",
    "UsageError",
    "duration",
    "number",
    "parse",
]

SHORT = {
    "-n": "--namespace", "-o": "--output", "-l": "--selector", "-f": "--filename", "-A": "--all-namespaces",
    "-w": "--watch", "-h": "--help", "-p": "--patch", "-L": "--label-columns", "-r": "--replicas",
}  # fmt: skip
SHORT_OF_VERB = {
    "logs": {"-c": "--container", "-f": "--follow", "-p": "--previous"},
    "exec": {"-c": "--container", "-i": "--stdin", "-t": "--tty", "-q": "--quiet"},
    "run": {"-i": "--stdin", "-t": "--tty", "-q": "--quiet"},
    "auth": {"-q": "--quiet"},
}
SWITCHES = {
    "--all-namespaces", "--show-labels", "--no-headers", "--watch", "--all", "--force", "--now", "--overwrite",
    "--help", "--ignore-not-found", "--ignore-daemonsets", "--delete-emptydir-data", "--list", "--show-managed-fields",
    "--namespaced", "--command", "--show-events", "--client", "--wait", "--recursive", "--global-default",
    "--all-containers", "--follow", "--prefix", "--previous", "--timestamps", "--stdin", "--tty", "--quiet",
    "--attach", "--rm", "--containers",
    "--server-side", "--force-conflicts",
}  # fmt: skip
DEFAULTED = {"--dry-run": "unchanged", "--cascade": "background", "--validate": "strict"}
GLOBAL = {"namespace", "as", "as-group"}  # flags of every verb
DRY_RUNS = ("none", "server", "client")


class UsageError(Exception):
    """The command line makes no sense; the text is what kubectl prints."""


class Command(NamedTuple):
    """The words after the verb, and the flags; a flag given twice keeps every value. `path` is verb and subcommand."""

    words: list[str]
    flags: dict[str, list[str]]
    path: str = ""

    def flag(self, name: str, default: str = "") -> str:
        """The last value of a flag."""
        return self.flags.get("--" + name, [default])[-1]

    def has(self, name: str) -> bool:
        """A switch is on."""
        return self.flag(name, "false") != "false"

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
        return self.flag("dry-run") in ("client", "unchanged")

    def checked(self, known: set[str]) -> Command:
        """This command, whose verb knows these flags (without dashes). Raises UsageError."""
        for name in self.flags:
            if name.removeprefix("--") not in known | GLOBAL:
                shown = f"flag: {name}" if name.startswith("--") else f"shorthand flag: {name[1]!r} in {name}"
                raise UsageError(f"error: unknown {shown}\nSee 'kubectl {self.path} --help' for usage.")
        if self.flag("dry-run", "none") not in (*DRY_RUNS, "unchanged"):
            wrong = self.flag("dry-run")
            raise UsageError(f'error: Invalid dry-run value ({wrong}). Must be "none", "server", or "client".')
        return self

    def misused(self, text: str) -> UsageError:
        """The error that sends people to the help of this command."""
        return UsageError(f"error: {text}\nSee 'kubectl {self.path} -h' for help and examples")


def parse(line: str, known: set[str], subcommands: dict[str, set[str]]) -> tuple[str, Command]:
    """The verb of a command line, and the rest; `known` are the flags of all verbs. Raises UsageError."""
    try:
        parts = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"error: {error}") from None
    words: list[str] = []
    flags: dict[str, list[str]] = {}
    rest = iter(parts)
    for part in rest:
        if part == "--":
            words += ["--", *rest]
            break
        if not part.startswith("-") or part == "-":
            words.append(part)
            continue
        verb = " ".join(words[:1])
        for one in _apart(part, verb):
            name, value = _flag(one, rest, known, verb)
            flags.setdefault(name, []).append(value)
    path = _path(words, subcommands)
    return (words[0] if words else ""), Command(words[1:], flags, path)


def _path(words: list[str], subcommands: dict[str, set[str]]) -> str:
    path = " ".join(words[:1])
    for word in words[1:]:
        if word not in subcommands.get(path, ()):
            break
        path += " " + word
    return path


def _apart(part: str, verb: str) -> list[str]:
    """The flags in one word: `-it` is `-i -t`."""
    found = []
    while not part.startswith("--") and len(part) > 2 and _long(part[:2], verb) in SWITCHES and part[2] != "=":
        found.append(part[:2])
        part = "-" + part[2:]
    return [*found, part]


def _long(short: str, verb: str) -> str:
    return SHORT_OF_VERB.get(verb, {}).get(short) or SHORT.get(short, short)


def _flag(part: str, rest: Iterator[str], known: set[str], verb: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not name.startswith("--"):
        short = part[:2]
        name, value, equals = _long(short, verb), part[2:].removeprefix("="), part[2:]
    if name in SWITCHES:
        return name, value or "true"
    if not equals and name in DEFAULTED:
        return name, DEFAULTED[name]
    if not equals and name.removeprefix("--") in known | GLOBAL:
        found = next(rest, None)
        if found is None:
            shown = part if part.startswith("--") else f"{part[1]!r} in {part}"
            raise UsageError(f"error: flag needs an argument: {shown}\nSee 'kubectl {verb} --help' for usage.")
        value = found
    return name, value


def number(command: Command, flag: str, default: str = "", shown: str = "") -> int:
    """A flag that is a number. Raises UsageError."""
    text = command.flag(flag, default)
    if not text.lstrip("-").isdecimal():
        raise UsageError(
            f'error: invalid argument "{text}" for "{shown or "--" + flag}" flag: strconv.ParseInt: parsing "{text}": '
            f"invalid syntax\nSee 'kubectl {command.path} --help' for usage."
        )
    return int(text)


def duration(command: Command, flag: str, default: str) -> float:
    """A flag that is a time such as `30s`, in seconds. Raises UsageError."""
    text = command.flag(flag, default)
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(
            f'error: invalid argument "{text}" for "--{flag}" flag: time: invalid duration "{text}"\n'
            f"See 'kubectl {command.path} --help' for usage."
        ) from None
