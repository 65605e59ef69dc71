"""kubectl describe of a kind that has no layout of its own: its fields, named in words; of a Secret only sizes.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, genericDescriber, printUnstructuredContent and
          describeSecret
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from k8slab.client import Client
from k8slab.kubectl.describe.heads import marks
from k8slab.kubectl.describe.layout import Obj
from k8slab.kubectl.printers import go_text

__all__ = ["generic", "secret"]

HIDDEN = {".metadata." + name for name in ("name", "namespace", "labels", "annotations", "managedFields")}


def generic(client: Client, obj: Obj) -> Iterator[str]:
    """Every field but those at the head, in the order of their names."""
    if "namespace" not in obj["metadata"]:
        yield "Namespace:\t"
    yield from marks(obj)
    yield from _fields(obj, "", 0)


def secret(client: Client, obj: Obj) -> Iterator[str]:
    """The keys of a Secret with the sizes of their values."""
    yield from marks(obj)
    yield from ("", f"Type:\t{obj.get('type', '')}", "", "Data", "====")
    for key, value in sorted((obj.get("data") or {}).items()):
        yield f"{key}:\t{len(base64.b64decode(value))} bytes"


def _fields(content: Obj, path: str, depth: int) -> Iterator[str]:
    start = "  " * depth
    for name, value in sorted(content.items()):
        where, title = f"{path}.{name}", _words(name)
        if where in HIDDEN:
            continue
        if not isinstance(value, (dict, list)):
            yield f"{start}{title}:\t{go_text(value)}"
            continue
        yield f"{start}{title}:"
        for item in value if isinstance(value, list) else [value]:
            yield from _fields(item, where, depth + 1) if isinstance(item, dict) else [f"{start}  {go_text(item)}"]


def _words(name: str) -> str:
    """`apiVersion` as `API Version`, `podCIDRs` as `Pod CIDRs`; what is no plain name stays as it is."""
    if not re.fullmatch(r"[A-Za-z-]+", name):
        return name
    words = re.findall(r"[A-Z]{3,}[a-z]+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|-", name)
    return " ".join(word.upper() if word.upper() in ACRONYMS else word[:1].upper() + word[1:] for word in words)


ACRONYMS = {"API", "URL", "UID", "GUID"}
