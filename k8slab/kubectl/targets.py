"""The kinds and names that the words of a command line mean.

Source    staging/src/k8s.io/cli-runtime/pkg/resource/builder.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from k8slab.client import Client, Resource
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import each
from k8slab.wire import NotFound

__all__ = ["Target", "each_object", "full_singular", "kinds_and_names", "named", "objects", "slashed", "targets"]

NOTHING_NAMED = (
    "error: You must provide one or more resources by argument or filename.\n"
    "Example resource specifications include:\n"
    "   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'"
)
TWICE_NAMED = (
    "error: there is no need to specify a resource type as a separate argument when passing arguments in "
    "resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource "
    "resource/<resource_name>'"
)


class Target(NamedTuple):
    """A kind, a name and where; `source` is the manifest that tells them, if one does."""

    resource: Resource
    name: str
    namespace: str = ""
    source: str = ""

    def __str__(self) -> str:
        return f"{full_singular(self.resource)}/{self.name}"

    @property
    def place(self) -> tuple[str, str, str]:
        """What a client's `get`, `patch` and `delete` begin with."""
        return self.resource.full_name, self.name, self.namespace

    def doing(self, what: str) -> str:
        """What an error of the server begins with."""
        return f'error when {what} "{self.source}": ' if self.source else ""


def full_singular(resource: Resource) -> str:
    """How kubectl names an object in its answers: `pod`, `deployment.apps`."""
    return f"{resource.singular}.{resource.group}" if resource.group else resource.singular


def named(client: Client, name: str) -> Resource:
    """The resource that people call `name`. Raises NotFound."""
    try:
        return client.mapper.named(name)
    except NotFound:
        plural, dot, group = name.partition(".")
        where = f' in group "{group}"' if dot else ""
        raise NotFound(f'the server doesn\'t have a resource type "{plural}"{where}') from None


def targets(session: Session, command: Command, words: list[str] | None = None) -> list[Target]:
    """The objects that words such as `pod web-1 web-2` or `deploy/web svc/web` name; with -l or --all those found.

    Raises UsageError, NotFound for a kind that the server does not have.
    """
    words, selector = command.words if words is None else words, command.flag("selector")
    if not words:
        raise UsageError(NOTHING_NAMED)
    found = kinds_and_names(session.client, words, command.namespace)
    if all(target.name for target in found):
        return found
    if not selector and not command.has("all"):
        raise UsageError("error: resource(s) were provided, but no name was specified")
    return [
        Target(target.resource, obj["metadata"]["name"], obj["metadata"].get("namespace", ""))
        for target in found
        for obj in objects(session.client, target, selector)
    ]


def objects(client: Client, target: Target, labels: str = "", fields: str = "") -> list[Obj]:
    """The object that a target names, or all of its kind that the selectors find. Raises NotFound."""
    kind, name, namespace = target.place
    return [client.get(*target.place)] if name else list(client.list(kind, namespace, labels=labels, fields=fields))


def each_object(session: Session, found: list[Target], act: Callable[[Target, Obj], str]) -> str:
    """What `act` says of each target and the object that it names, or the error instead."""
    return each(found, lambda target: act(target, session.client.get(*target.place)))


def kinds_and_names(client: Client, words: list[str], namespace: str) -> list[Target]:
    """The objects that words mean; the name "" stands for all of a kind. Raises UsageError, NotFound."""
    if "/" in words[0]:
        return [slashed(client, word, namespace) for word in words]
    if any("/" in word for word in words):
        raise UsageError(TWICE_NAMED)
    resources: list[Resource] = []
    for name in words[0].split(","):
        everything = [resource for resource in client.resources() if "all" in resource.categories]
        resources += everything if name == "all" else [named(client, name)]
    return [Target(resource, name, namespace) for resource in resources for name in words[1:] or [""]]


def slashed(client: Client, word: str, namespace: str = "") -> Target:
    """The object that `deploy/web` names. Raises UsageError, NotFound."""
    kind, slash, name = word.partition("/")
    if not slash:
        raise UsageError(TWICE_NAMED)
    return Target(named(client, kind), name, namespace)
