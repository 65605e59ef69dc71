"""The manifests behind -f: each document for itself, so that a bad one does not keep the good ones out.

What cannot be read ends the stream; a kind that the server does not have is noted, and the next document follows.

Source    staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go (StreamVisitor), builder.go (ContinueOnError)
Left out  -k, URLs, --recursive, --validate: fields are always checked
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from k8slab.client import load_manifests
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import Report
from k8slab.kubectl.targets import Target
from k8slab.wire import BadRequest, NotFound

__all__ = ["manifests"]

Manifest = tuple[Obj, Target]  # an object, and which it is to become on the server

SEPARATOR = re.compile(r"^---.*\n?", re.MULTILINE)
UNFIT = {
    "Object 'apiVersion' is missing": "apiVersion not set",
    "Object 'Kind' is missing": "kind not set",
    "json: cannot unmarshal": "invalid object to validate",
}


def manifests(session: Session, command: Command, report: Report) -> list[Manifest]:
    """The objects that -f names, in order; `report` is told of the others. Raises UsageError without any -f."""
    if "filename" not in command.flags:
        raise UsageError("error: must specify one of -f and -k")
    found: list[Manifest] = []
    for text, source in _texts(session, command):
        with report:
            for document in SEPARATOR.split(text):
                for obj in _objects(document, source):
                    with report:
                        found.append(_manifest(session, command, obj, source))
    return found


def _texts(session: Session, command: Command) -> Iterator[tuple[str, str]]:
    for name in command.flags["filename"]:
        path = Path(name)
        if name == "-":
            yield session.stdin, "STDIN"
        elif path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in (".json", ".yaml", ".yml"))
            yield from ((file.read_text(encoding="utf-8"), str(file)) for file in files)
        elif path.exists():
            yield path.read_text(encoding="utf-8"), name
        else:
            raise UsageError(f'error: the path "{name}" does not exist')


def _objects(document: str, source: str) -> list[Obj]:
    """The object of one document, or those of a List. Raises BadRequest."""
    try:
        return load_manifests(document + "\n" * ("\n" not in document))  # with a line break it is no path
    except BadRequest as error:
        text = error.message.replace("STDIN", source)
        if problem := next((short for long, short in UNFIT.items() if long in text), ""):
            text = (
                f'error: error validating "{source}": error validating data: {problem}; if you choose to ignore these '
                "errors, turn validation off with --validate=false"
            )
        raise BadRequest(text) from None


def _manifest(session: Session, command: Command, obj: Obj, source: str) -> Manifest:
    """The object in the namespace of the command line, unless it names its own. Raises UsageError."""
    metadata = obj["metadata"] if isinstance(obj.get("metadata"), dict) else {}
    name, own, asked = metadata.get("name") or "", metadata.get("namespace", ""), command.flag("namespace")
    try:
        resource = session.client.mapper.of(obj["apiVersion"], obj["kind"])
    except NotFound as error:
        raise UsageError(
            f'error: resource mapping not found for name: "{name}" namespace: "{own}" from "{source}": '
            f"{error.message}\nensure CRDs are installed first"
        ) from None
    if resource.is_namespaced:
        if asked and own and asked != own:
            raise UsageError(
                f'error: the namespace from the provided object "{own}" does not match the namespace "{asked}". '
                f"You must pass '--namespace={own}' to perform this operation."
            )
        own = own or asked or "default"
        metadata = {**metadata, "namespace": own}
    return {**obj, "metadata": metadata}, Target(resource, name, own, source)
