"""From the names people use for kinds to the resources that a server serves, by discovery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from k8slab.client.transport import Transport
from k8slab.wire import NotFound, Request, error_from_status

__all__ = [
    "Mapper",
    "Resource",
]


class Resource(NamedTuple):
    """One resource as discovery tells it."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    is_namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """Group and version as manifests write them: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """The name that is unique among groups: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Mapper:
    """What the server serves, asked once and again when a name is not found."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._resources: list[Resource] = []
        self._by_type: dict[tuple[str, str], Resource] = {}
        self._by_name: dict[str, Resource] = {}

    def resources(self) -> list[Resource]:
        """Everything the server serves, in its order and in the version it prefers."""
        if not self._resources:
            self._discover()
        preferred: dict[tuple[str, str], Resource] = {}
        for resource in self._resources:
            preferred.setdefault((resource.group, resource.plural), resource)
        return list(preferred.values())

    def every(self) -> list[Resource]:
        """Everything the server serves, in every version."""
        self.resources()
        return list(self._resources)

    def refresh(self) -> None:
        """Ask again what the server serves. Raises ServiceUnavailable."""
        self._discover()

    def api_versions(self) -> list[str]:
        """Every group and version that is served."""
        self.resources()
        return sorted({resource.api_version for resource in self._resources})

    def of(self, api_version: str, kind: str) -> Resource:
        """The resource for objects of this type. Raises NotFound."""
        found = self._by_type.get((api_version, kind))
        if found is None:
            self._discover()
            found = self._by_type.get((api_version, kind))
        if found is None:
            raise NotFound(f'no matches for kind "{kind}" in version "{api_version}"')
        return found

    def named(self, name: str) -> Resource:
        """The resource that people call `name`: Pod, pods, po, deployments.apps, Deployment.apps. Raises NotFound."""
        found = self._by_name.get(name)
        if found is None:
            self._discover()
            found = self._by_name.get(name) or self._by_name.get(name.lower())
        if found is None:
            raise NotFound(f'the server doesn\'t have a resource type "{name}"')
        return found

    def _discover(self) -> None:
        self._resources = [resource for path in ("/api", "/apis") for resource in self._ask(path)]
        self._by_type = {(r.api_version, r.kind): r for r in self._resources}
        self._by_name = {}
        for r in self._resources:
            for name in (r.kind, r.plural, r.singular, *r.short_names, r.kind.lower()):
                self._by_name.setdefault(name, r)
                if r.group:
                    self._by_name.setdefault(f"{name}.{r.group}", r)
                    self._by_name.setdefault(f"{name}.{r.version}.{r.group}", r)

    def _ask(self, path: str) -> Iterator[Resource]:
        request = Request("get", user=self._transport.user, path=path, accept="APIGroupDiscoveryList")
        answer = self._transport.send(request)
        if answer.code >= 400:
            raise error_from_status(answer.body)
        for group in answer.body["items"]:
            for version in group["versions"]:
                for entry in version.get("resources") or ():  # of an aggregated API that is away nothing is known
                    yield _resource(group["metadata"].get("name", ""), version["version"], entry)


def _resource(group: str, version: str, entry: dict[str, Any]) -> Resource:
    """One APIResourceDiscovery entry (apidiscovery.k8s.io/v2)."""
    return Resource(
        group=group,
        version=version,
        kind=entry["responseKind"]["kind"],
        plural=entry["resource"],
        singular=entry["singularResource"],
        is_namespaced=entry["scope"] == "Namespaced",
        short_names=tuple(entry.get("shortNames", ())),
        categories=tuple(entry.get("categories", ())),
        verbs=tuple(entry["verbs"]),
        subresources=tuple(sub["subresource"] for sub in entry.get("subresources", ())),
    )
