"""The way on the cluster graph: arrows between the client, the DNS pod, the Service's rule and the endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from k8slab.view.overlay import Arrow
from k8slab.view.path.stations import Client, Station, time_text
from k8slab.view.words import Words

__all__ = [
    "arrows_of",
]


def arrows_of(stations: Sequence[Station], client: Client, status: int, words: Words) -> tuple[Arrow, ...]:
    """One arrow per stage that goes somewhere, and the answer back; what fails is drawn as failed where it fails."""
    return tuple(_arrows(stations, client.anchor, status, words)) if client.anchor else ()


def _arrows(stations: Sequence[Station], start: str, status: int, words: Words) -> Iterable[Arrow]:
    asker, here, servers = start, start, set()
    for station in stations:
        took = time_text(station.end_s - station.begin_s)
        failed = station.state == "failed"
        if station.stage == "dns" and station.target and (asker, station.target) not in servers:
            servers.add((asker, station.target))
            yield Arrow(asker, f"Pod/{station.target}", f"DNS, {took}", "call")
        elif station.stage == "balancer" and station.node:
            yield Arrow(here, f"Node/{station.node}", "", "packet")
            here = f"Node/{station.node}"
        elif station.stage == "rule" and station.service:
            label = station.title.rpartition(": ")[2] if failed else ""
            yield Arrow(here, f"Service/{station.service}", label, "failed" if failed else "packet")
            here = f"Service/{station.service}"
        elif station.stage in ("endpoint", "policy") and station.target:
            yield Arrow(here, f"Pod/{station.target}", took, "failed" if failed else "packet")
            asker = here = f"Pod/{station.target}"
    served = [one.target for one in stations if one.stage == "endpoint" and one.target and one.state == "ok"]
    if served and status:
        label = words("answered", status=status, took=time_text(stations[-1].end_s))
        yield Arrow(f"Pod/{served[0]}", start, label, "answer" if status < 500 else "failed")
