"""One line of a tape: a request that was sent, or an event that came."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from k8slab.objects import Key, thaw
from k8slab.view.fields import field_changes
from k8slab.view.tape.words import Words

__all__ = [
    "COMES",
    "REQUESTS",
    "Line",
    "size_of",
    "told_of",
]

Obj = dict[str, Any]

REQUESTS = ("LIST", "WATCH")
COMES = ("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR")
MINOR, MOST = 9, 2


class Line(NamedTuple):
    """One line: when (seconds since 1970), what, at which resourceVersion, about whom, and how many bytes it was.

    `type` is LIST or WATCH for a request of the reader's; ADDED, MODIFIED, DELETED, BOOKMARK or ERROR for what came;
    END when the stream ended, TORN when the reader has hung up, SILENT when nobody answers. What a list has shown to
    be different is `is_found`: no event told of it, and its bytes are those of the list.
    """

    time: float
    type: str
    revision: str
    what: str
    told: str
    size_bytes: int = 0
    is_found: bool = False


def size_of(sent: Any) -> int:
    """The bytes of something as JSON without a blank, as the server writes it."""
    return len(json.dumps(thaw(sent), ensure_ascii=False, separators=(",", ":")).encode())


def told_of(kind: str, key: Key, before: Obj | None, after: Obj | None, words: Words) -> str:
    """What has changed, the most telling fields first; of what is new, how it stands."""
    if after is None:
        return words("last form")
    if before is None:
        return _standing(after)
    fields = field_changes(kind, before, after)
    shown = [field for field in fields if field.rank < MINOR][:MOST] or fields[:1]
    texts = [f"{field.path} {field.before} → {field.after}" for field in shown]
    if len(fields) > len(shown):
        texts.append(words("more fields", n=len(fields) - len(shown)))
    return "; ".join(texts) or words("bookkeeping")


def _standing(obj: Obj) -> str:
    """The phase, the Node and the count that a new object comes with."""
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    texts = [f"{name} {part[name]}" for part, name in ((status, "phase"), (spec, "nodeName"), (spec, "replicas"))
             if part.get(name) not in (None, "")]  # fmt: skip
    return ", ".join(texts)
