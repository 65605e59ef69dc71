"""What the verbs that write have in common: the manifests they are given, and what they say when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from k8slab.client import load_manifests
from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.get import printed

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "dry",
    "manifests",
    "number",
    "said",
]

Obj = dict[str, Any]

DRY = {"none": "", "client": " (dry run)", "server": " (server dry run)", "unchanged": " (dry run)"}


def manifests(session: Session, command: Command) -> list[Obj]:
    """The objects of every -f, each in its namespace. Raises UsageError, BadRequest."""
    objs: list[Obj] = []
    for name in command.flags.get("--filename", []):
        objs += load_manifests(_checked(session.stdin) if name == "-" else Path(name))
    if not objs:
        raise UsageError("error: no objects passed to apply")
    return [placed(session, command, obj) for obj in objs]


def _checked(text: str) -> str:
    """Standard input is a text, whatever it looks like."""
    return text if "\n" in text else text + "\n"


def placed(session: Session, command: Command, obj: Obj) -> Obj:
    """The object in the namespace of the command line, unless it names its own. Raises UsageError when both differ."""
    resource = session.client.mapper.of(obj["apiVersion"], obj["kind"])
    metadata = obj.get("metadata") if isinstance(obj.get("metadata"), dict) else {}
    asked, own = command.flag("namespace"), (metadata or {}).get("namespace")
    if not resource.is_namespaced:
        return obj
    if asked and own and asked != own:
        raise UsageError(
            f'error: the namespace from the provided object "{own}" does not match the namespace "{asked}". '
            f"You must pass '--namespace={own}' to perform this operation."
        )
    return {**obj, "metadata": {**(metadata or {}), "namespace": own or asked or "default"}}


def dry(command: Command) -> str:
    """What a dry run adds to an answer."""
    return DRY.get(command.flag("dry-run", "none"), "")


def said(command: Command, obj: Obj, word: str) -> str:
    """`deployment.apps/web created`, or the object itself with -o."""
    if output := command.flag("output"):
        return printed(output, [obj], single=True)
    group = obj["apiVersion"].rpartition("/")[0]
    kind = obj["kind"].lower() + (f".{group}" if group else "")
    return f"{kind}/{obj['metadata']['name']} {word}{dry(command)}\n"


def number(text: str, flag: str) -> int:
    """The number that a flag was given. Raises UsageError."""
    if not text.lstrip("-").isdigit():
        raise UsageError(
            f'error: invalid argument "{text}" for "--{flag}" flag: strconv.ParseInt: parsing "{text}": invalid syntax'
        )
    return int(text)
