"""The manifests behind -f: each document for itself, so that a bad one does not keep the good ones out.

What cannot be read ends the stream; a kind that the server does not have is noted, and the next document follows.

Source    staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go (StreamVisitor), builder.go (ContinueOnError)
Left out  -k, URLs, --recursive
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.client import Resource, load_manifests
from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.report import Report
from k8slab.wire import BadRequest, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "Manifest",
    "is_strict",
    "manifests",
]

Obj = dict[str, Any]

SEPARATOR = re.compile(r"^---.*\n?", re.MULTILINE)
UNFIT = (
    ("Object 'apiVersion' is missing", "apiVersion not set"),
    ("Object 'Kind' is missing", "kind not set"),
    ("json: cannot unmarshal", "invalid object to validate"),
)
NO_FILE = "error: must specify one of -f and -k"


class Manifest(NamedTuple):
    """An object, its kind, and where it stood."""

    obj: Obj
    resource: Resource
    source: str

    @property
    def name(self) -> str:
        """metadata.name, "" without one."""
        return self.obj["metadata"].get("name") or ""

    @property
    def namespace(self) -> str:
        """metadata.namespace, "" for what has none."""
        namespace: str = self.obj["metadata"].get("namespace", "")
        return namespace

    def doing(self, what: str) -> str:
        """What an error of the server begins with."""
        return f'error when {what} "{self.source}": '


def is_strict(command: Command) -> bool:
    """--validate=strict, the default: the server is to refuse fields that it does not know."""
    return command.flag("validate", "strict") in ("strict", "true")


def manifests(session: Session, command: Command, report: Report) -> list[Manifest]:
    """The objects that -f names, in order; `report` is told of the others. Raises UsageError without any -f."""
    if "--filename" not in command.flags:
        raise UsageError(NO_FILE)
    found: list[Manifest] = []
    for text, source in _texts(session, command):
        with report:
            for document in SEPARATOR.split(text):
                for obj in _objects(document, source, command):
                    with report:
                        found.append(_manifest(session, command, obj, source))
    return found


def _texts(session: Session, command: Command) -> Iterator[tuple[str, str]]:
    for name in command.flags["--filename"]:
        if name == "-":
            yield session.stdin, "STDIN"
            continue
        path = Path(name)
        if not path.exists():
            raise UsageError(f'error: the path "{name}" does not exist')
        endings = (".json", ".yaml", ".yml")
        for file in sorted(f for f in path.iterdir() if f.suffix in endings) if path.is_dir() else [path]:
            yield file.read_text(encoding="utf-8"), str(file)


def _objects(document: str, source: str, command: Command) -> list[Obj]:
    """The object of one document, or those of a List. Raises BadRequest."""
    if "\n" not in document:
        document += "\n"  # with a line break it is never taken for a path
    try:
        return load_manifests(document)
    except BadRequest as error:
        text = error.message.replace("STDIN", source)
        problem = next((short for long, short in UNFIT if long in text), "")
        if problem and command.flag("validate", "strict") != "false":
            text = (
                f'error: error validating "{source}": error validating data: {problem}; if you choose to ignore these '
                "errors, turn validation off with --validate=false"
            )
        raise BadRequest(text) from None


def _manifest(session: Session, command: Command, obj: Obj, source: str) -> Manifest:
    """The object in the namespace of the command line, unless it names its own. Raises NotFound, UsageError."""
    metadata = obj.get("metadata") if isinstance(obj.get("metadata"), dict) else {}
    name, own = (metadata or {}).get("name", ""), (metadata or {}).get("namespace", "")
    try:
        resource = session.client.mapper.of(obj["apiVersion"], obj["kind"])
    except NotFound as error:
        raise UsageError(
            f'error: resource mapping not found for name: "{name}" namespace: "{own}" from "{source}": '
            f"{error.message}\nensure CRDs are installed first"
        ) from None
    if not resource.is_namespaced:
        return Manifest({**obj, "metadata": metadata or {}}, resource, source)
    asked = command.flag("namespace")
    if asked and own and asked != own:
        raise UsageError(
            f'error: the namespace from the provided object "{own}" does not match the namespace "{asked}". '
            f"You must pass '--namespace={own}' to perform this operation."
        )
    placed = {**(metadata or {}), "namespace": own or asked or "default"}
    return Manifest({**obj, "metadata": placed}, resource, source)
