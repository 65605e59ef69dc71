"""The volumes of a pod or of a template.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeVolumes
Left out  every source but emptyDir, hostPath, configMap, secret, persistentVolumeClaim and projected (`<unknown>`)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from k8slab.kubectl.describe.layout import NONE

__all__ = [
    "volumes",
]

Obj = dict[str, Any]
Fields = list[tuple[str, Any]]


def volumes(found: Iterable[Obj] | None, indent: str = "") -> Iterator[str]:
    """The volumes under their title; those of a template stand further right."""
    found = list(found or ())
    yield f"{indent}Volumes:" if found else f"{indent}Volumes:\t{NONE}"
    for volume in found:
        yield f"  {' ' if indent else ''}{volume['name']}:"
        source = next((field for field in volume if field in SOURCES), None)
        if source is None:
            yield "  <unknown>"
            continue
        kind, fields = SOURCES[source]
        yield f"    Type:\t{kind}"
        yield from (f"    {name}:\t{value}" for name, value in fields(volume[source] or {}))


def _empty_dir(source: Obj) -> Fields:
    return [("Medium", source.get("medium", "")), ("SizeLimit", source.get("sizeLimit", "<unset>"))]


def _host_path(source: Obj) -> Fields:
    return [("Path", source["path"]), ("HostPathType", source.get("type", NONE))]


def _config_map(source: Obj) -> Fields:
    return [("Name", source.get("name", "")), ("Optional", _bool(source, "optional"))]


def _secret(source: Obj) -> Fields:
    return [("SecretName", source.get("secretName", "")), ("Optional", _bool(source, "optional"))]


def _claim(source: Obj) -> Fields:
    return [("ClaimName", source["claimName"]), ("ReadOnly", _bool(source, "readOnly"))]


def _projected(source: Obj) -> Fields:
    fields: Fields = []
    for part in source.get("sources") or ():
        if "secret" in part:
            fields += [("SecretName", part["secret"].get("name", "")), ("Optional", _bool(part["secret"], "optional"))]
        elif "configMap" in part:
            ref = part["configMap"]
            fields += [("ConfigMapName", ref.get("name", "")), ("Optional", _bool(ref, "optional"))]
        elif "downwardAPI" in part:
            fields.append(("DownwardAPI", "true"))
        elif "serviceAccountToken" in part:
            fields.append(("TokenExpirationSeconds", part["serviceAccountToken"].get("expirationSeconds", 3600)))
    return fields


def _bool(source: Obj, field: str) -> str:
    return str(bool(source.get(field, False))).lower()


SOURCES: dict[str, tuple[str, Callable[[Obj], Fields]]] = {
    "emptyDir": ("EmptyDir (a temporary directory that shares a pod's lifetime)", _empty_dir),
    "hostPath": ("HostPath (bare host directory volume)", _host_path),
    "configMap": ("ConfigMap (a volume populated by a ConfigMap)", _config_map),
    "secret": ("Secret (a volume populated by a Secret)", _secret),
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        _claim,
    ),
    "projected": ("Projected (a volume that contains injected data from multiple sources)", _projected),
}
