"""What is in the volumes that a kubelet fills itself: configMap, secret, downwardAPI, projected. Pure.

Source    pkg/volume/configmap/configmap.go, pkg/volume/secret/secret.go (MakePayload),
          pkg/volume/downwardapi/downwardapi.go (CollectData), pkg/volume/projected/projected.go (collectData)
Left out  modes and owners of files (defaultMode, mode, fsGroup); clusterTrustBundle and podCertificate sources;
          data that is no text is shown with replacement characters
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.kubelet.downward import container_named, field_text, resource_text
from k8slab.wire import ApiError

__all__ = [
    "FILLED",
    "MountError",
    "Place",
    "contents",
    "needed_volumes",
    "references",
    "texts_of",
]

Obj = dict[str, Any]
Contents = dict[str, str]

FILLED = ("configMap", "secret", "downwardAPI", "projected")  # by the kubelet, read-only, and filled anew on changes
KINDS = {"configMap": "ConfigMap", "secret": "Secret"}
NO_KEY = {"ConfigMap": "configmap references non-existent config key: {}",
          "Secret": "references non-existent secret key: {}"}  # fmt: skip


class MountError(Exception):
    """Why a volume cannot be set up."""


class Place(NamedTuple):
    """Where a volume is filled: for which pod, on which node, and who finds objects and tokens for it."""

    pod: Obj
    lookup: Callable[[str, str, str], Obj | None]
    token: Callable[[Obj], str]
    allocatable: Obj


def needed_volumes(pod: Obj) -> list[Obj]:
    """The volumes that a container mounts; others are not set up at all."""
    spec = pod["spec"]
    groups = ("containers", "initContainers", "ephemeralContainers")
    every = (container for group in groups for container in spec.get(group) or ())
    mounted = {mount["name"] for container in every for mount in container.get("volumeMounts") or ()}
    return [volume for volume in spec.get("volumes") or () if volume["name"] in mounted]


def references(volume: Obj) -> set[tuple[str, str]]:
    """Kind and name of the ConfigMaps and Secrets in a volume."""
    sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
    return {
        (kind, source[field].get("secretName") or source[field].get("name", ""))
        for source in sources
        for field, kind in KINDS.items()
        if source.get(field)
    }


def contents(volume: Obj, place: Place) -> Contents:
    """Paths and texts of a volume's files. Raises MountError."""
    if volume.get("projected"):
        return _projected(volume["projected"].get("sources") or (), place)
    return _source(volume, place)


def texts_of(kind: str, obj: Obj) -> Contents:
    """The data of a ConfigMap or Secret as texts."""
    data: Contents = obj.get("data") or {}
    if kind == "ConfigMap":
        binary = obj.get("binaryData")
        return {**data, **{key: _decoded(value) for key, value in binary.items()}} if binary else data
    return {key: _decoded(value) for key, value in data.items()}


def _projected(sources: Any, place: Place) -> Contents:
    files: Contents = {}
    problems: list[str] = []
    for source in sources:
        try:
            files |= _source(source, place)
        except MountError as problem:
            problems.append(str(problem))
    if problems:
        raise MountError(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
    return files


def _source(source: Obj, place: Place) -> Contents:
    for field, kind in KINDS.items():
        if source.get(field):
            return _selected(kind, source[field], place)
    if source.get("downwardAPI"):
        return {item["path"]: _known(item, place) for item in source["downwardAPI"].get("items") or ()}
    if source.get("serviceAccountToken"):
        return {source["serviceAccountToken"]["path"]: place.token(source["serviceAccountToken"])}
    name = next((name for name in source if name != "name"), "")
    raise MountError(f"{name} is a source that this kubelet does not have")


def _selected(kind: str, source: Obj, place: Place) -> Contents:
    """All keys of a ConfigMap or Secret, or those that `items` asks for, under their paths."""
    name, is_optional = source.get("secretName") or source.get("name", ""), bool(source.get("optional"))
    try:
        found = place.lookup(kind, place.pod["metadata"]["namespace"], name)
    except ApiError:
        text = f"failed to sync {kind.lower()} cache: timed out waiting for the condition"
        raise MountError(text) from None
    if found is None and not is_optional:
        raise MountError(f'{kind.lower()} "{name}" not found')
    data = texts_of(kind, found or {})
    if not source.get("items"):
        return dict(data)
    files: Contents = {}
    for item in source["items"]:
        if item["key"] in data:
            files[item["path"]] = data[item["key"]]
        elif not is_optional:
            raise MountError(NO_KEY[kind].format(item["key"]))
    return files


def _known(item: Obj, place: Place) -> str:
    if item.get("fieldRef"):
        return field_text(item["fieldRef"]["fieldPath"], place.pod)
    ref = item["resourceFieldRef"]
    return resource_text(ref, container_named(place.pod, ref.get("containerName", "")), place.allocatable)


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode("utf-8", "replace")
