"""Writing to a cluster: create, update, patch, delete, apply, scale, bind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from k8slab.client.apply import apply_patch, patch_type, with_last_applied
from k8slab.client.mapper import Mapper, Resource
from k8slab.client.reader import Reader
from k8slab.client.transport import Impersonating, Transport
from k8slab.wire import AlreadyExists, BadRequest, NotFound, Response

__all__ = [
    "Client",
]

Obj = dict[str, Any]

PATCH_TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
CLIENT_SIDE_APPLY = "kubectl-client-side-apply"


class Client(Reader):
    """Everything a Reader can, and writing.

    `written` is the newest revision this client has written per kind: whoever acts on a cache can
    tell from it whether the cache has seen its own writes. `warnings` collects the server's warnings
    until somebody takes them. `field_manager` is the name under which managedFields know what it writes ("": the
    server makes one of the user).
    """

    def __init__(self, transport: Transport, mapper: Mapper | None = None) -> None:
        super().__init__(transport, mapper)
        self.written: dict[str, int] = {}
        self.warnings: list[str] = []
        self.field_manager = ""

    def impersonating(self, user: str, groups: tuple[str, ...] = ()) -> Client:
        """A client that does what it does in somebody else's name; the server asks whether it may."""
        return Client(Impersonating(self._transport, user, groups), self.mapper)

    @contextmanager
    def writing_as(self, field_manager: str) -> Iterator[None]:
        """Write under another name for a while."""
        before, self.field_manager = self.field_manager, field_manager
        try:
            yield
        finally:
            self.field_manager = before

    def create(self, obj: Obj, *, subresource: str = "", dry_run: bool = False, strict: bool = False) -> Obj:
        """Create an object. Raises AlreadyExists, Invalid, BadRequest, Forbidden, NotFound (its namespace)."""
        resource, metadata = self._resource_of(obj)
        params = {"dryRun": "All"} if dry_run else {}
        if strict:
            params["fieldValidation"] = "Strict"
        name = metadata.get("name", "") if subresource else ""
        return self._write("create", resource, metadata.get("namespace", ""), name, subresource, params, obj)

    def update(self, obj: Obj, *, subresource: str = "", strict: bool = False) -> Obj:
        """Replace an object. Raises Conflict when its resourceVersion is no longer the newest."""
        resource, metadata = self._resource_of(obj)
        params = {"fieldValidation": "Strict"} if strict else {}
        name = metadata.get("name", "")
        return self._write("update", resource, metadata.get("namespace", ""), name, subresource, params, obj)

    def update_status(self, obj: Obj) -> Obj:
        """Replace the status of an object, and nothing else. Raises Conflict."""
        return self.update(obj, subresource="status")

    def patch(
        self,
        kind: str,
        name: str,
        namespace: str,
        patch: Any,
        *,
        type: str = "strategic",
        subresource: str = "",
        dry_run: bool = False,
        strict: bool = False,
    ) -> Obj:
        """Change parts of an object; `type` is strategic, merge or json."""
        if type not in PATCH_TYPES:
            raise BadRequest(f"unknown patch type {type!r}: use one of {', '.join(PATCH_TYPES)}")
        params = {"dryRun": "All"} if dry_run else {}
        if strict:
            params["fieldValidation"] = "Strict"
        resource = self.mapper.named(kind)
        return self._write("patch", resource, namespace, name, subresource, params, patch, PATCH_TYPES[type])

    def patch_status(self, obj: Obj, status: Obj) -> Obj:
        """Set the given fields of an object's status (a merge patch: lists are replaced, null removes).

        Raises Conflict when another object bears the name by now.
        """
        resource, metadata = self._resource_of(obj)
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        patch: Obj = {"status": status}
        if "uid" in metadata:
            patch["metadata"] = {"uid": metadata["uid"]}
        return self._write("patch", resource, namespace, name, "status", {}, patch, PATCH_TYPES["merge"])

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str = "",
        *,
        grace_s: int | None = None,
        propagation: str = "",
        uid: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Delete an object; `propagation` is Foreground, Background or Orphan, `uid` a precondition."""
        options: Obj = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        if propagation:
            options["propagationPolicy"] = propagation
        if uid:
            options["preconditions"] = {"uid": uid}
        params = {"dryRun": "All"} if dry_run else {}
        return self._write("delete", self.mapper.named(kind), namespace, name, "", params, options)

    def delete_collection(self, kind: str, namespace: str = "", *, labels: str = "", fields: str = "") -> None:
        """Delete every object of a kind in one namespace that the selectors let through."""
        params = {name: text for name, text in (("labelSelector", labels), ("fieldSelector", fields)) if text}
        self._write("deletecollection", self.mapper.named(kind), namespace, params=params)

    def apply(self, obj: Obj, *, dry_run: bool = False) -> Obj:
        """Create the object, or bring it to what the manifest says by a three-way merge, as `kubectl apply` does."""
        resource, metadata = self._resource_of(obj)
        name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
        if not name:
            raise BadRequest("error: resource name may not be empty: apply needs metadata.name")
        with self.writing_as(self.field_manager or CLIENT_SIDE_APPLY):
            return self._apply(obj, resource, name, namespace, dry_run)

    def apply_on_server(
        self, obj: Obj, field_manager: str, *, force: bool = False, dry_run: bool = False, strict: bool = False
    ) -> Obj:
        """Have the server merge what the manifest says into the object. Raises Conflict for what others own."""
        resource, metadata = self._resource_of(obj)
        namespace, name = metadata.get("namespace", ""), metadata.get("name", "")
        params = {"fieldManager": field_manager, "force": "true" if force else "false"}
        if dry_run:
            params["dryRun"] = "All"
        if strict:
            params["fieldValidation"] = "Strict"
        return self._write("patch", resource, namespace, name, "", params, obj, PATCH_TYPES["apply"])

    def _apply(self, obj: Obj, resource: Resource, name: str, namespace: str, dry_run: bool) -> Obj:
        try:
            live = self._send("get", resource, namespace, name).body
        except NotFound:
            return self.create(with_last_applied(obj), dry_run=dry_run, strict=True)
        patch = apply_patch(live, obj)
        if not patch:
            return live
        type_ = patch_type(obj)
        return self.patch(resource.full_name, name, namespace, patch, type=type_, dry_run=dry_run, strict=True)

    def apply_all(self, objs: Sequence[Obj]) -> list[Obj]:
        """Apply several objects, all or none: each is tried before the first is written."""
        self.try_all(objs)
        return [self.apply(obj) for obj in objs]

    def try_all(self, objs: Sequence[Obj]) -> None:
        """Have the server check what `apply_all` would write, and write nothing.

        An object in a namespace that is among `objs` itself is tried in `default`.
        """
        new_namespaces = {_name_of(obj) for obj in objs if obj.get("kind") == "Namespace"}
        for obj in objs:
            try:
                self.apply(obj, dry_run=True)
            except NotFound as error:
                if obj["metadata"].get("namespace") not in new_namespaces or error.details.get("kind") != "namespaces":
                    raise
                with suppress(AlreadyExists):
                    elsewhere = {**obj, "metadata": {**obj["metadata"], "namespace": "default"}}
                    self.create(elsewhere, dry_run=True, strict=True)

    def scale(self, kind: str, name: str, namespace: str, replicas: int) -> Obj:
        """Set the wanted number of replicas through the scale subresource."""
        patch = {"spec": {"replicas": replicas}}
        return self.patch(kind, name, namespace, patch, type="merge", subresource="scale")

    def update_scale(self, kind: str, scale: Obj) -> Obj:
        """Replace the Scale of an object of this kind. Raises Conflict, Invalid."""
        metadata = scale["metadata"]
        resource = self.mapper.named(kind)
        return self._write("update", resource, metadata.get("namespace", ""), metadata["name"], "scale", {}, scale)

    def bind(self, pod: Obj, node_name: str) -> None:
        """Give a pod its node. Raises Conflict when it already has one."""
        metadata = pod["metadata"]
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node_name},
        }
        resource = self.mapper.of("v1", "Pod")
        self._write("create", resource, metadata["namespace"], metadata["name"], "binding", {}, binding)

    def exec(self, pod: str, namespace: str, command: Sequence[str], **options: Any) -> Obj:
        """Run a command in a container: `stdout`, `stderr`, and the `status` that ends it.

        `options` are those of the API (`container`, `tty`), and `input` for its standard input.
        """
        body = {"kind": "PodExecOptions", "apiVersion": "v1", "command": list(command), **options}
        return self._write("create", self.mapper.named("Pod"), namespace, pod, "exec", {}, body)

    def evict(self, eviction: Obj) -> None:
        """Ask for a pod's eviction (a policy/v1 Eviction). Raises TooManyRequests when a budget forbids it."""
        metadata = eviction["metadata"]
        resource = self.mapper.of("v1", "Pod")
        self._write("create", resource, metadata["namespace"], metadata["name"], "eviction", {}, eviction)

    def create_token(self, account: str, namespace: str, request: Obj) -> Obj:
        """Ask for a token of a ServiceAccount (an authentication.k8s.io/v1 TokenRequest); answers it filled in."""
        return self._write("create", self.mapper.of("v1", "ServiceAccount"), namespace, account, "token", {}, request)

    def _resource_of(self, obj: Obj) -> tuple[Resource, Obj]:
        metadata = obj.get("metadata")
        if not isinstance(metadata, dict):
            metadata = {}
        for field, title in (("kind", "Kind"), ("apiVersion", "apiVersion")):
            if not isinstance(obj.get(field), str) or not obj[field]:
                raise BadRequest(f"Object '{title}' is missing in '{_short(obj)}'")
        resource = self.mapper.of(obj["apiVersion"], obj["kind"])
        if resource.is_namespaced and not metadata.get("namespace"):
            metadata = {**metadata, "namespace": "default"}
        return resource, metadata

    def _write(
        self,
        verb: str,
        resource: Resource,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
        params: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "",
    ) -> Obj:
        if self.field_manager and verb in ("create", "update", "patch"):
            params = {"fieldManager": self.field_manager, **(params or {})}
        response: Response = self._send(verb, resource, namespace, name, subresource, params, body, content_type)
        if response.revision:
            self.written[resource.full_name] = response.revision
            if self.mapper.named(resource.kind) is resource:
                self.written[resource.kind] = response.revision
        if response.warnings:
            self.warnings.extend(response.warnings)
        return response.body


def _name_of(obj: Obj) -> str:
    metadata = obj.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""


def _short(obj: Any) -> str:
    text = str(obj)
    return text if len(text) <= 200 else text[:200] + "…"
