"""kubectl apply (on the client's side and on the server's), replace and create -f: from manifests to objects.

Each document stands for itself, so that a bad one does not keep the good ones out: what cannot be read ends the
stream; a kind that the server does not have is noted, and the next document follows.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{apply,replace,create}; pkg/cmd/apply/patcher.go; staging/src/k8s.io/
          cli-runtime/pkg/resource/visitor.go (StreamVisitor), builder.go (ContinueOnError); staging/src/k8s.io/
          client-go/util/csaupgrade (what apply on the client's side owned goes over to the server's)
Left out  -k, URLs, --recursive, --validate: fields are always checked; apply --prune, --force and the edit-last-applied
          family; replace --force and --dry-run
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path

from k8slab.client import LAST_APPLIED, Client, apply_patch, load_manifests, patch_type, with_last_applied
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import Report, each, error_text, said
from k8slab.kubectl.targets import Target
from k8slab.wire import ApiError, BadRequest, Conflict, Invalid, NotFound

__all__ = ["apply", "create_from", "field_manager", "manifests", "replace"]

Manifest = tuple[Obj, Target]  # an object, and which it is to become on the server

SEPARATOR = re.compile(r"^---.*\n?", re.MULTILINE)
UNFIT = {
    "Object 'apiVersion' is missing": "apiVersion not set",
    "Object 'Kind' is missing": "kind not set",
    "json: cannot unmarshal": "invalid object to validate",
}
ON_CLIENT = "kubectl-client-side-apply"
ON_SERVER, ON_NOTE = "kubectl", "kubectl-last-applied"
OWN_NAMES = {"annotate", "create", "expose", "label", "patch", "replace", "rollout", "run", "set", "taint"}
ADVICE = """
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""
UNMANAGED = (
    f"resource {{}}/{{}} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply "
    "should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. "
    "The missing annotation will be patched automatically."
)


def field_manager(verb: str, command: Command) -> str:
    """The name under which a command writes."""
    if name := command.flag("field-manager"):
        return name
    if verb == "apply" and not command.has("server-side"):
        return ON_CLIENT
    return f"kubectl-{verb}" if verb in OWN_NAMES and command.path != "rollout undo" else ON_SERVER


def apply(session: Session, command: Command) -> str:
    """kubectl apply -f FILE: create what is not there, bring the rest to what the manifest says."""
    is_on_server = command.has("server-side")
    if command.has("force-conflicts") and not is_on_server:
        raise UsageError("error: --force-conflicts only works with --server-side")
    if command.is_client_dry_run and is_on_server:
        hint = "did you mean --dry-run=server instead?"
        raise UsageError(f"error: --dry-run=client doesn't work with --server-side ({hint})")
    return _each(session, command, lambda obj, target: _apply(session, command, obj, target))


def create_from(session: Session, command: Command) -> str:
    """kubectl create -f FILE."""
    return _each(session, command, lambda obj, target: _created(session, command, obj, target))


def replace(session: Session, command: Command) -> str:
    """kubectl replace -f FILE: the object as the manifest has it."""
    return _each(session, command, lambda obj, target: _replaced(session, command, obj, target))


def _each(session: Session, command: Command, act: Callable[[Obj, Target], str]) -> str:
    report = Report()
    found = manifests(session, command, report)
    if not found and not str(report):
        raise UsageError(f"error: no objects passed to {command.path}")
    return each(found, lambda manifest: act(*manifest), report)


def _apply(session: Session, command: Command, obj: Obj, target: Target) -> str:
    if not target.name:
        raise UsageError(
            f"error: error when retrieving current configuration of:\n{_place(target)}\n"
            f'from server for: "{target.source}": resource name may not be empty'
        )
    if command.has("server-side"):
        return said(command, _on_server(session, command, obj), "serverside-applied")
    try:
        live = session.client.get(*target.place)
    except NotFound:
        return _created(session, command, with_last_applied(obj), target)
    if LAST_APPLIED not in (live["metadata"].get("annotations") or {}):
        session.client.warnings.append(UNMANAGED.format(target.resource.plural, target.name))
    patch = apply_patch(live, obj)
    if patch and not command.is_client_dry_run:
        live = _patched(session, command, obj, target, patch)
    return said(command, live, "configured" if patch else "unchanged")


def _on_server(session: Session, command: Command, obj: Obj) -> Obj:
    """Have the server merge one manifest. Raises UsageError."""
    name, force = field_manager("apply", command), command.has("force-conflicts")

    def sent() -> Obj:
        return session.client.apply_on_server(obj, name, force=force, dry_run=command.is_dry_run, strict=True)

    try:
        applied = sent()
        if name == ON_SERVER and not command.is_dry_run and any(map(_is_of_client, _entries(applied))):
            _take_over(session.client, applied)
            applied = sent()
        return applied
    except ApiError as error:
        if isinstance(error, Conflict) and error.message.startswith("Apply failed"):
            raise UsageError(f"error: {error.message}{ADVICE}") from None
        raise UsageError(error_text(error) if error.reason else f"Error from server: {error.message}") from None


def _take_over(client: Client, obj: Obj) -> None:
    """Make the server's apply the owner of what the client's has applied, and of its note of that nobody but a note."""
    metadata = obj["metadata"]
    head = {name: metadata[name] for name in ("name", "namespace") if name in metadata}
    if text := (metadata.get("annotations") or {}).get(LAST_APPLIED):
        note = {"apiVersion": obj["apiVersion"], "kind": obj["kind"]}
        note["metadata"] = {**head, "annotations": {LAST_APPLIED: text}}
        obj = client.apply_on_server(note, ON_NOTE)
    entries = _entries(obj)
    new = next(entry for entry in entries if (entry["manager"], entry["operation"]) == (ON_SERVER, "Apply"))
    olds = [entry["fieldsV1"] for entry in filter(_is_of_client, entries) if entry["apiVersion"] == new["apiVersion"]]
    owned = reduce(_union, olds, new["fieldsV1"])
    kept = [{**entry, "fieldsV1": owned} if entry is new else entry for entry in entries if not _is_of_client(entry)]
    values = {"managedFields": kept, "resourceVersion": obj["metadata"]["resourceVersion"]}
    patch = [{"op": "replace", "path": f"/metadata/{name}", "value": value} for name, value in values.items()]
    resource = client.mapper.of(obj["apiVersion"], obj["kind"])
    client.patch(resource.full_name, metadata["name"], metadata.get("namespace", ""), patch, type="json")


def _entries(obj: Obj) -> list[Obj]:
    return list(obj["metadata"].get("managedFields", ()))


def _is_of_client(entry: Obj) -> bool:
    """An entry of managedFields is what apply on the client's side has left."""
    return (entry["manager"], entry["operation"]) == (ON_CLIENT, "Update") and not entry.get("subresource")


def _union(one: Obj, other: Obj) -> Obj:
    """The fields that are in either of two trees."""
    return one | {name: _union(one.get(name, {}), fields) for name, fields in other.items()}


def _created(session: Session, command: Command, obj: Obj, target: Target) -> str:
    try:
        if not command.is_client_dry_run:
            obj = session.client.create(obj, dry_run=command.is_dry_run, strict=True)
    except ApiError as error:
        raise UsageError(error_text(error, target.doing("creating"))) from None
    return said(command, obj, "created")


def _patched(session: Session, command: Command, obj: Obj, target: Target, patch: Obj) -> Obj:
    type_ = patch_type(obj)
    try:
        return session.client.patch(*target.place, patch, type=type_, dry_run=command.is_dry_run, strict=True)
    except Invalid:
        raise
    except ApiError as error:
        is_secret = target.resource.kind == "Secret"
        text = "{...}" if is_secret else json.dumps(patch, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        applying = f'error when applying patch:\n{text}\nto:\n{_place(target)}\nfor: "{target.source}": '
        raise UsageError(error_text(error, applying + target.doing("patching"))) from None


def _replaced(session: Session, command: Command, obj: Obj, target: Target) -> str:
    try:
        return said(command, session.client.update(obj, strict=True), "replaced")
    except ApiError as error:
        raise UsageError(error_text(error, target.doing("replacing"))) from None


def _place(target: Target) -> str:
    """The lines that tell an object's resource, kind, name and namespace."""
    resource = target.resource
    version = f"{resource.group}/{resource.version}"
    return (
        f'Resource: "{version}, Resource={resource.plural}", GroupVersionKind: "{version}, Kind={resource.kind}"\n'
        f'Name: "{target.name}", Namespace: "{target.namespace}"'
    )


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
