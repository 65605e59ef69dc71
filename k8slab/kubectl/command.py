"""A command line, understood: words, flags, and the kinds and names that they mean.

Source    kubectl's own flags (staging/src/k8s.io/kubectl/pkg/cmd)
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from k8slab.client import Client, Resource
from k8slab.wire import ApiError

__all__ = [
    "Command",
    "Target",
    "UsageError",
    "parse",
    "targets",
]

SHORT = {
    "-n": "--namespace", "-o": "--output", "-l": "--selector", "-f": "--filename", "-A": "--all-namespaces",
    "-w": "--watch", "-h": "--help", "-p": "--patch", "-c": "--container", "-L": "--label-columns",
}  # fmt: skip
SWITCHES = {
    "--all-namespaces", "--show-labels", "--no-headers", "--watch", "--all", "--force", "--now", "--overwrite",
    "--help", "--ignore-not-found", "--ignore-daemonsets", "--delete-emptydir-data", "--list", "--show-managed-fields",
    "--namespaced",
}  # fmt: skip
DEFAULTED = {"--dry-run": "unchanged", "--wait": "true", "--cascade": "background"}


class UsageError(Exception):
    """The command line makes no sense; the text is what kubectl prints."""


class Command(NamedTuple):
    """The verb's words and its flags; a flag given twice keeps every value."""

    words: list[str]
    flags: dict[str, list[str]]

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


class Target(NamedTuple):
    """A kind and a name."""

    resource: Resource
    name: str

    def __str__(self) -> str:
        return f"{full_singular(self.resource)}/{self.name}"


def full_singular(resource: Resource) -> str:
    """How kubectl names an object in its answers: `pod`, `deployment.apps`."""
    return f"{resource.singular}.{resource.group}" if resource.group else resource.singular


def parse(line: str, known: set[str]) -> Command:
    """Split a command line; `known` are the flags of its verb without dashes. Raises UsageError."""
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
        name, value = _flag(part, rest)
        if name.removeprefix("--") not in known | {"namespace"}:
            shown = "shorthand flag: " + repr(part[1]) + " in " + part if part[1] != "-" else "flag: " + name
            raise UsageError(f"error: unknown {shown}\nSee 'kubectl --help' for usage.")
        flags.setdefault(name, []).append(value)
    return Command(words, flags)


def _flag(part: str, rest: object) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not name.startswith("--"):
        name, value, equals = part[:2], part[2:].removeprefix("="), part[2:]
    name = SHORT.get(name, name)
    if name in SWITCHES:
        return name, value or "true"
    if not equals and name in DEFAULTED:
        return name, DEFAULTED[name]
    if not equals:
        value = next(rest, "")  # type: ignore[call-overload]
        if value == "" and name != "--selector":
            raise UsageError(f"error: flag needs an argument: {name}")
    return name, value


def targets(client: Client, words: list[str], command: Command) -> list[Target]:
    """The objects that words such as `pod web-1 web-2` or `deploy/web svc/web` name; with -l or --all those found.

    Raises UsageError, NotFound for a kind that the server does not have.
    """
    if not words:
        raise UsageError("error: You must provide one or more resources by argument or filename.")
    if "/" in words[0]:
        return [_slashed(client, word) for word in words]
    resources = [client.mapper.named(name) for name in words[0].split(",")]
    if len(words) > 1:
        return [Target(resource, name) for resource in resources for name in words[1:]]
    selector = command.flag("selector")
    if not selector and not command.has("all"):
        raise UsageError("error: resource(s) were provided, but no name was specified")
    return [
        Target(resource, obj["metadata"]["name"])
        for resource in resources
        for obj in client.list(resource.full_name, command.namespace, labels=selector)
    ]


def _slashed(client: Client, word: str) -> Target:
    kind, slash, name = word.partition("/")
    if not slash:
        raise UsageError(
            "error: there is no need to specify a resource type as a separate argument when passing arguments in "
            "resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource "
            "resource/<resource_name>'"
        )
    return Target(client.mapper.named(kind), name)


def error_text(error: ApiError) -> str:
    """What kubectl prints for an error of the server."""
    if error.message.startswith(("error:", "Error")):
        return error.message
    if error.reason == "Invalid":
        return error.message if error.message.startswith("The ") else "The " + error.message
    if error.reason == "NotFound" and error.message.startswith(("no matches", "the server doesn't have")):
        return "error: " + error.message
    return f"Error from server ({error.reason}): {error.message}" if error.reason else f"error: {error.message}"
