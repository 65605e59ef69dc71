"""A client of any cluster: what is long comes in pages, and who may not see everything sees one namespace.

Source    staging/src/k8s.io/client-go/tools/pager/pager.go (pages of 500; when they grow too old, all at once);
          tools/cache/reflector.go (bookmarks)
"""

from __future__ import annotations

from typing import Any

from k8slab.client.client import Client
from k8slab.client.mapper import Mapper
from k8slab.client.over_http.transport import OverHttp
from k8slab.client.reader import ObjectList
from k8slab.wire import ApiError, Expired, Forbidden, Stream, Timeout

__all__ = ["RemoteClient"]

PAGE = 500
LOST = "the connection was lost, and nobody knows what the server remembers"
TOO_LARGE = "Too large resource version"


class RemoteClient(Client):
    """A Client over HTTPS. `namespace` is where it looks for what it may not see in all of them.

    `narrowed` are the kinds that it sees in that namespace alone. Whoever watches from a moment before the server was
    lost hears that it is too old (Expired), though the server may not say so: it may be another one.
    """

    def __init__(self, transport: OverHttp, namespace: str = "", mapper: Mapper | None = None) -> None:
        super().__init__(transport, mapper)
        self.remote = transport
        self.namespace = namespace
        self.narrowed: set[str] = set()
        self._heard: dict[str, int] = {}  # per kind: how often the server had been lost when it was listed

    def list(self, kind: str, namespace: str = "", **options: Any) -> ObjectList:
        """As Reader.list; without a limit all pages in one."""
        before = self.remote.losses
        namespace = self._place(kind, namespace)
        try:
            found = self._all(kind, namespace, options)
        except Forbidden:
            if not self._may_narrow(kind, namespace):
                raise
            found = self._all(kind, self.namespace, options)
            self.narrowed.add(kind)
        self._heard[kind] = before
        return found

    def watch(self, kind: str, namespace: str = "", **options: Any) -> Stream:
        """As Reader.watch, always with bookmarks. Raises Expired, too."""
        if options.get("since") and self._heard.get(kind, self.remote.losses) != self.remote.losses:
            raise Expired(LOST)
        try:
            return super().watch(kind, self._place(kind, namespace), **{**options, "bookmarks": True})
        except Timeout as error:
            if TOO_LARGE not in str(error):
                raise
            raise Expired(str(error)) from error

    def ping(self) -> None:
        """Ask whether the server is there; what its clock shows is known afterwards. Raises ServiceUnavailable."""
        self.raw("/version")

    def _all(self, kind: str, namespace: str, options: dict[str, Any]) -> ObjectList:
        if "continue_" in options or options.get("limit") or options.get("resource_version"):
            return super().list(kind, namespace, **options)  # its reader turns the pages
        page = super().list(kind, namespace, **options, limit=PAGE)
        items, last = list(page), page
        try:
            while last.continue_token:
                last = super().list(kind, namespace, **options, limit=PAGE, continue_=last.continue_token)
                items += last
        except Expired:
            return super().list(kind, namespace, **options)
        return ObjectList(_typed(items, self, kind), {"resourceVersion": page.resource_version})

    def _place(self, kind: str, namespace: str) -> str:
        return namespace or (self.namespace if kind in self.narrowed else "")

    def _may_narrow(self, kind: str, namespace: str) -> bool:
        try:
            return bool(not namespace and self.namespace and self.mapper.named(kind).is_namespaced)
        except ApiError:
            return False


def _typed(items: list[dict[str, Any]], client: Client, kind: str) -> list[dict[str, Any]]:
    """The items of a list, each with the type that a real server says only once for all of them."""
    resource = client.mapper.named(kind)
    named = {"apiVersion": resource.api_version, "kind": resource.kind}
    return [item if "kind" in item else {**named, **item} for item in items]
