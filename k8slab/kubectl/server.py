"""kubectl api-resources: what the server serves.

Source    staging/src/k8s.io/kubectl/pkg/cmd/apiresources
Left out  api-versions and version; --verbs, --categories, --sort-by, --cached, -o json|yaml
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Session, left_out
from k8slab.kubectl.printers import columns

__all__ = ["api_resources"]

HEAD = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", "VERBS", "CATEGORIES"]


def api_resources(session: Session, command: Command) -> str:
    """kubectl api-resources [--namespaced=…] [--api-group=…] [-o name|wide]."""
    output = command.flag("output")
    if output not in ("", "name", "wide"):
        raise left_out(f"api-resources -o {output}")
    session.client.mapper.refresh()
    found = sorted(session.client.resources(), key=lambda resource: (resource.group, resource.plural))
    if "namespaced" in command.flags:
        found = [resource for resource in found if resource.is_namespaced == command.has("namespaced")]
    if "api-group" in command.flags:
        found = [resource for resource in found if resource.group == command.flag("api-group")]
    if output == "name":
        return "".join(f"{resource.full_name}\n" for resource in found)
    rows = [] if command.has("no-headers") else [HEAD]
    for r in found:
        row = [r.plural, ",".join(r.short_names), r.api_version, str(r.is_namespaced).lower(), r.kind]
        rows.append([*row, ",".join(r.verbs), ",".join(r.categories)])
    return columns(row if output else row[:5] for row in rows)
