"""What a caller brings: a request that has been followed, hop by hop, as plain values.

`k8slab.proxy.Answer` has this shape; so has whatever else can tell where a request has been.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = [
    "Followed",
    "Stage",
]


class Stage(Protocol):
    """One hop: what stood there, on which node and in which zone, what happened, seconds since the start, bytes."""

    @property
    def stage(self) -> str:
        """`hosts`, `dns`, `balancer`, `rule`, `policy` or `endpoint`."""

    @property
    def node(self) -> str:
        """The node, or the DNS pod."""

    @property
    def text(self) -> str:
        """What happened."""

    @property
    def at_s(self) -> float:
        """When this stage was over."""

    @property
    def zone(self) -> str:
        """The zone of the node, "" when unknown."""

    @property
    def size_bytes(self) -> int:
        """Question and answer, 0 where a packet only passes."""


class Followed(Protocol):
    """What the client got (status 0: an error), who answered, how long it took, and the way."""

    @property
    def status(self) -> int:
        """The HTTP status, 0 for none."""

    @property
    def body(self) -> str:
        """The body of the answer."""

    @property
    def error(self) -> str:
        """The client's error, "" for none."""

    @property
    def pod(self) -> str:
        """Who answered: `shop/web-1`."""

    @property
    def took_s(self) -> float:
        """Seconds from the question to the answer."""

    @property
    def hops(self) -> Sequence[Stage]:
        """The way."""
