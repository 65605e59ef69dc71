"""kubectl api-resources, api-versions and version: what the server serves.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{apiresources,version}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.printers import columns

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "api_resources",
    "api_versions",
    "version",
]

VERSION = "v1.37.0"


def api_resources(session: Session, command: Command) -> str:
    """kubectl api-resources [--namespaced=…] [--api-group=…] [-o name|wide]."""
    output = command.flag("output")
    if output not in ("", "name", "wide"):
        raise UsageError(
            f'error: unable to match a printer suitable for the output format "{output}", allowed formats are: '
            "json,kyaml,name,wide,yaml"
        )
    session.client.mapper.refresh()
    found = sorted(session.client.resources(), key=lambda resource: (resource.group, resource.plural))
    if "--namespaced" in command.flags:
        found = [resource for resource in found if resource.is_namespaced == command.has("namespaced")]
    if "--api-group" in command.flags:
        found = [resource for resource in found if resource.group == command.flag("api-group")]
    if output == "name":
        return "".join(f"{resource.full_name}\n" for resource in found)
    head = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"] + ["VERBS", "CATEGORIES"] * (output == "wide")
    rows: list[list[Any]] = [] if command.has("no-headers") else [head]
    for r in found:
        row = [r.plural, ",".join(r.short_names), r.api_version, str(r.is_namespaced).lower(), r.kind]
        rows.append(row + [",".join(r.verbs), ",".join(r.categories)] * (output == "wide"))
    return columns(rows)


def api_versions(session: Session, command: Command) -> str:
    """kubectl api-versions."""
    return "".join(f"{version}\n" for version in session.client.mapper.api_versions())


def version(session: Session, command: Command) -> str:
    """kubectl version [--client]."""
    client = f"Client Version: {VERSION} (k8slab)\n"
    return client if command.has("client") else client + f"Server Version: {VERSION} (k8slab)\n"
