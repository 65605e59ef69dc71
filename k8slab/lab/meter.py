"""A client that counts: how often it asks, and how many bytes of JSON it is sent."""

from __future__ import annotations

import json
from typing import Any

from k8slab.client import Client, ObjectList
from k8slab.wire import Stream, WatchEvent

__all__ = ["Meter"]


class Meter:
    """Lists and watches through `client`. `requests` and `received_bytes` grow with every use."""

    def __init__(self, client: Client) -> None:
        self.requests = 0
        self.received_bytes = 0
        self._client = client

    def list(self, kind: str, namespace: str = "") -> ObjectList:
        """As Client.list: one request, and every object of the kind comes back."""
        self.requests += 1
        found = self._client.list(kind, namespace)
        self._count(found)
        return found

    def watch(self, kind: str, namespace: str = "", *, since: str = "") -> Tape:
        """As Client.watch: one request that stays open; only changes come."""
        self.requests += 1
        return Tape(self._client.watch(kind, namespace, since=since), self)

    def _count(self, sent: Any) -> None:
        self.received_bytes += len(json.dumps(sent, separators=(",", ":")).encode())

    def __repr__(self) -> str:
        return f"{self.requests:,} requests, {self.received_bytes:,} bytes received"


class Tape:
    """A watch whose messages are weighed as they are read."""

    def __init__(self, stream: Stream, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def pull(self) -> list[WatchEvent]:
        """Everything that has arrived since the last time, in order."""
        events = self._stream.pull()
        for event in events:
            self._meter._count({"type": event.type, "object": event.object})
        return events
