"""Reading a cluster: get, list, watch and the server's clock. Everything a picture may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client.mapper import Mapper, Resource
from k8slab.client.transport import Transport
from k8slab.wire import Request, Response, Stream, error_from_status

__all__ = [
    "ObjectList",
    "Reader",
]

Obj = dict[str, Any]


class ObjectList(list[Obj]):
    """The items of a list, with what the list itself says."""

    def __init__(self, items: Iterable[Obj], metadata: dict[str, Any]) -> None:
        super().__init__(items)
        self.resource_version: str = metadata.get("resourceVersion", "")
        self.continue_token: str = metadata.get("continue", "")
        self.remaining: int = metadata.get("remainingItemCount", 0)


class Reader:
    """Get, list and watch. Kinds go by any name that kubectl knows: `Pod`, `pods`, `po`, `Deployment.apps`.

    Every method raises the ApiError that the server answered with.
    """

    def __init__(self, transport: Transport, mapper: Mapper | None = None) -> None:
        self._transport = transport
        self.mapper = mapper or Mapper(transport)

    @property
    def now(self) -> float:
        """The server's clock, in seconds since 1970."""
        return self._transport.now

    @property
    def delay_s(self) -> float:
        """How much longer than usual what happens takes to be heard of, in seconds."""
        return self._transport.delay_s

    @property
    def is_connected(self) -> bool:
        """What a watch tells arrives; False while the link to the server is cut."""
        return self._transport.is_connected

    def resources(self) -> list[Resource]:
        """Everything the server serves."""
        return self.mapper.resources()

    def get(self, kind: str, name: str, namespace: str = "", *, subresource: str = "") -> Obj:
        """One object as it is now."""
        return self._send("get", self.mapper.named(kind), namespace, name, subresource).body

    def list(
        self,
        kind: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 0,
        continue_: str = "",
        resource_version: str = "",
    ) -> ObjectList:
        """The objects of a kind in one namespace, or in all (""), that the selectors let through.

        `resource_version` asks for exactly that moment of the past.
        """
        params = _params(
            labelSelector=labels,
            fieldSelector=fields,
            limit=str(limit or ""),
            resourceVersion=resource_version,
            resourceVersionMatch="Exact" if resource_version else "",
        )
        if continue_:
            params["continue"] = continue_
        body = self._send("list", self.mapper.named(kind), namespace, params=params).body
        return ObjectList(body["items"], body["metadata"])

    def watch(
        self,
        kind: str,
        namespace: str = "",
        *,
        since: str = "",
        labels: str = "",
        fields: str = "",
        bookmarks: bool = False,
    ) -> Stream:
        """Every change after the resourceVersion `since` ("" begins with what is there now, as ADDED events).

        When `since` is too old the stream holds one ERROR event with the Status 410 Expired.
        """
        params = _params(
            resourceVersion=since,
            labelSelector=labels,
            fieldSelector=fields,
            allowWatchBookmarks="true" if bookmarks else "",
        )
        stream = self._send("watch", self.mapper.named(kind), namespace, params=params).stream
        assert stream is not None
        return stream

    def table(self, kind: str, namespace: str = "", name: str = "", *, labels: str = "", fields: str = "") -> Obj:
        """The meta.k8s.io/v1 Table of a list (or of one object), as `kubectl get` asks for it."""
        params = _params(labelSelector=labels, fieldSelector=fields, includeObject="Object")
        verb = "get" if name else "list"
        return self._send(verb, self.mapper.named(kind), namespace, name, params=params, accept="Table").body

    def watch_table(
        self, kind: str, namespace: str = "", *, since: str = "", labels: str = "", fields: str = ""
    ) -> Stream:
        """Every change after the resourceVersion `since`, each object as a Table of one row."""
        params = _params(resourceVersion=since, labelSelector=labels, fieldSelector=fields, includeObject="Object")
        stream = self._send("watch", self.mapper.named(kind), namespace, params=params, accept="Table").stream
        assert stream is not None
        return stream

    def log(self, pod: str, namespace: str, **options: str) -> str:
        """What a container has printed; options are those of the API (container, tailLines, previous …).

        Raises BadRequest when there is nothing to read yet.
        """
        answer = self._send("get", self.mapper.named("Pod"), namespace, pod, "log", _params(**options))
        if answer.session is not None:  # nobody waits here for what comes
            answer.session.close()
        return answer.text or ""

    def raw(self, path: str) -> Any:
        """What the server answers at a path that is no resource: `/version`, or a text, `/readyz`. Raises NotFound."""
        response = self._transport.send(Request("get", user=self._transport.user, path=path))
        if response.code >= 400:
            raise error_from_status(response.body or {"message": response.text})
        return response.body if response.text is None else response.text

    def ask(
        self,
        resource: Resource,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
        *,
        verb: str = "get",
        params: dict[str, str] | None = None,
    ) -> Obj:
        """What the server answers about a resource that discovery need not know (custom and external metrics)."""
        answer: Obj = self._send(verb, resource, namespace, name, subresource, params).body
        return answer

    def _send(
        self,
        verb: str,
        resource: Resource,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
        params: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "",
        accept: str = "",
    ) -> Response:
        request = Request(
            verb,
            resource.plural,
            resource.group,
            resource.version,
            namespace if resource.is_namespaced else "",
            name,
            subresource,
            params or {},
            body,
            content_type,
            self._transport.user,
            "",
            accept,
        )
        response = self._transport.send(request)
        if response.code >= 400:
            raise error_from_status(response.body)
        return response


def _params(**params: str) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}
