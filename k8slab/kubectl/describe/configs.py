"""kubectl describe configmap and secret. Of a Secret only the sizes are told.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, ConfigMapDescriber and describeSecret
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import head

__all__ = [
    "configmap",
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
