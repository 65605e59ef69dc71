"""What is told of one request: its hops, how far it got, what the client was answered.

Source    the texts of curl 7.7 (errors 6, 7, 28, 52 and 56; newer ones no longer tell refused from unreachable)
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.world import Connection, Reply, Vm

__all__ = [
    "EMPTY_REPLY",
    "RESET",
    "Answer",
    "Arrival",
    "FailedError",
    "Found",
    "Hop",
]

EMPTY_REPLY = "curl: (52) Empty reply from server"
RESET = "curl: (56) Recv failure: Connection reset by peer"


class Hop(NamedTuple):
    """One stage of the way: what stood there, on which node, what happened, seconds since the start.

    `zone` is that of the node; `size_bytes` is the size of question and answer (0 where a packet only passes).
    """

    stage: str
    node: str
    text: str
    at_s: float
    zone: str = ""
    size_bytes: int = 0


class Answer(NamedTuple):
    """What the client got: a status and a body, or (status 0) an error. `pod` is who answered."""

    status: int
    body: str
    error: str
    pod: str
    took_s: float
    hops: tuple[Hop, ...]

    @property
    def ok(self) -> bool:
        """A pod answered with a status below 400."""
        return 0 < self.status < 400

    def __str__(self) -> str:
        lines = [f"{hop.at_s * 1000:8.1f} ms  {hop.stage:<9} {hop.node:<14} {hop.text}" for hop in self.hops]
        end = f"{self.status} from {self.pod}" if self.status else self.error
        return "\n".join([*lines, f"{self.took_s * 1000:8.1f} ms  {'answer':<9} {'':<14} {end}"])

    def __repr__(self) -> str:
        return str(self)


class Arrival(NamedTuple):
    """How far a request gets before somebody thinks about it: the connection and who accepted it, or an error.

    `service` is whose rule caught it, on the machine `gate`. `client` is the address that the container sees. With
    `reply` it is no container that answers but a daemon of the node, at once.
    """

    connection: Connection | None
    pod: str
    port: int
    took_s: float
    error: str = ""
    hops: tuple[Hop, ...] = ()
    service: str = ""
    gate: Vm | None = None
    client: str = ""
    reply: Reply | None = None


class Found(NamedTuple):
    """What a client learns of a name: an address, seconds later, or an error."""

    address: str
    took_s: float
    error: str = ""


class FailedError(Exception):
    """The request ends here, with the text a client would see."""
