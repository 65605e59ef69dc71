"""kubectl describe configmap, secret and namespace. Of a Secret only the sizes are told.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, ConfigMapDescriber, describeSecret, describeNamespace
Left out  the resource quotas and limit ranges of a namespace
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import annotation_lines, head, labels

__all__ = [
    "configmap",
    "namespace",
    "secret",
]

Obj = dict[str, Any]


def configmap(client: Client, obj: Obj) -> Iterator[str]:
    """Every key with its text; of binary data the size."""
    yield from head(obj)
    yield from ("", "Data", "====")
    for key, value in sorted((obj.get("data") or {}).items()):
        yield from (f"{key}:", "----", *value.split("\n"), "")
    yield from ("", "BinaryData", "====")
    for key, value in sorted((obj.get("binaryData") or {}).items()):
        yield f"{key}: {len(base64.b64decode(value))} bytes"
    yield ""


def secret(client: Client, obj: Obj) -> Iterator[str]:
    """Every key with the size of its value."""
    yield from head(obj)
    yield from ("", f"Type:\t{obj.get('type', '')}", "", "Data", "====")
    for key, value in sorted((obj.get("data") or {}).items()):
        yield f"{key}:\t{len(base64.b64decode(value))} bytes"


def namespace(client: Client, obj: Obj) -> Iterator[str]:
    """A namespace and its phase."""
    metadata = obj["metadata"]
    yield f"Name:\t{metadata['name']}"
    yield from labels("Labels", metadata.get("labels"))
    yield from annotation_lines("Annotations", metadata.get("annotations"))
    yield f"Status:\t{(obj.get('status') or {}).get('phase', '')}"
