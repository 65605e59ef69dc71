"""From a followed request to stations: the client, each hop with its own time, the handler, the client again.

Source    the texts of k8slab/proxy/trip.py and naming.py; a text in another form is shown as it is
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from k8slab.view.path.followed import Followed, Stage
from k8slab.view.words import Words

__all__ = [
    "Client",
    "Station",
    "reason_of_failure",
    "stations_of",
    "time_text",
]

RULE = re.compile(r"(?P<service>\S+) at (?P<address>\S+:\d+) -> (?P<target>\S+) \((?P<among>.+)\)")
BALANCER = re.compile(r"(?P<address>\S+) -> (?P<target>\S+) \((?P<among>.+)\)")
ENDPOINT = re.compile(r"(?P<pod>\S+) at (?P<address>[\d.:a-f\[\]]+)")
FOUND, MISSING = re.compile(r"(?P<name>\S+) is (?P<address>[\d., a-f:]+)"), re.compile(r"(?P<name>\S+): NXDOMAIN")
ONE_OF = re.compile(r"one of (\d+)")
CURL = re.compile(r"curl: \((\d+)\)")
MOST_MISSES = 4
NODE_PORTS = range(30000, 32768)  # cmd/kube-apiserver, --service-node-port-range
NO_DNS = "no DNS pod answers"


class Client(NamedTuple):
    """Who sends: its name for a reader, its name on the graph, its node and its zone ("" when unknown)."""

    name: str
    anchor: str = ""
    node: str = ""
    zone: str = ""


class Station(NamedTuple):
    """One stage: a title, details, from when to when (seconds), how it went: start, ok, miss, failed or end.

    `depth` is 1 for what a handler asks others; `service`, `target` and `node` are names for the graph, `address` is
    where a failed stage wanted to go.
    """

    stage: str
    title: str
    details: tuple[str, ...]
    begin_s: float
    end_s: float
    state: str
    depth: int = 0
    target: str = ""
    service: str = ""
    node: str = ""
    address: str = ""


def stations_of(answer: Followed, url: str, client: Client, words: Words) -> tuple[Station, ...]:
    """The way as stations, the first and the last at the client."""
    name = client.name
    title = words("start", source=name, url=url) if url else words("start.plain", source=name)
    places = tuple(filter(None, (client.node, client.zone)))
    found = [Station("start", title, places, 0.0, 0.0, "start")]
    before_s, zone, depth, chosen = 0.0, client.zone, 0, ""
    for hop in answer.hops:
        station = _station(hop, before_s, zone, depth, words)
        chosen = station.address or chosen
        found.append(station if station.state != "failed" else station._replace(address=chosen))
        if hop.stage != "dns" and hop.zone:
            zone = hop.zone
        if hop.stage == "endpoint" and station.state == "ok":
            depth = 1
        before_s = hop.at_s
    found = _folded(found, words)
    if not answer.status and found[-1].stage not in ("endpoint", "start") and found[-1].state == "ok":
        found[-1] = found[-1]._replace(state="failed")
    if not answer.status and found[-1].state == "failed":
        found[-1] = found[-1]._replace(end_s=answer.took_s)  # the client waits here
    served = [station for station in found if station.stage == "endpoint" and station.state == "ok"]
    if served:
        found.append(_handler(answer, served[0], before_s, has_called=found[-1] is not served[0], words=words))
    elif answer.status:
        found.append(_station_of_answer(answer, before_s, words))
    how = "end" if answer.status and answer.status < 400 else "failed"
    key = "end" if answer.status else "end.failed"
    detail = _first_line(answer.body) if answer.status else answer.error
    details = (detail,) if detail else ()
    title = words(key, source=name, status=answer.status)
    return (*found, Station("end", title, details, answer.took_s, answer.took_s, how))


def reason_of_failure(answer: Followed, words: Words) -> str:
    """In a few words why there is no good answer; "" when there is one."""
    if answer.status >= 400:
        return words("why.5xx" if answer.status >= 500 else "why.4xx")
    if answer.status:
        return ""
    if answer.hops and answer.hops[-1].stage == "policy":
        return words("why.policy")
    if NO_DNS in answer.error:
        return words("why.dns")
    code = CURL.match(answer.error)
    known = code is not None and code[1] in ("6", "7", "28", "52", "56")
    return words(f"why.{code[1]}") if code is not None and known else words("why.other", error=answer.error)


def time_text(seconds: float) -> str:
    """`0.10 ms`, `5.1 ms`, `120 ms`, `5.00 s`."""
    ms = seconds * 1000
    if ms >= 1000:
        return f"{seconds:.2f} s"
    return f"{ms:.0f} ms" if ms >= 100 else f"{ms:.1f} ms" if ms >= 1 or ms == 0 else f"{ms:.2f} ms"


def _station(hop: Stage, begin_s: float, zone: str, depth: int, words: Words) -> Station:
    maker = {"dns": _dns, "rule": _rule, "balancer": _balancer, "endpoint": _endpoint}.get(hop.stage)
    if maker is not None:
        station = maker(hop, words)
    elif hop.stage in ("hosts", "policy"):
        station = _plain(hop, words(hop.stage, text=hop.text), "failed" if hop.stage == "policy" else "ok")
    else:
        station = _plain(hop, words("other", stage=hop.stage, text=hop.text), "ok")
    details = list(station.details)
    if hop.size_bytes:
        details.append(words("bytes", n=f"{hop.size_bytes:,}"))
    if hop.zone and zone and hop.zone != zone:
        details.append(words("crosses", a=zone, b=hop.zone))
    elif hop.zone:
        details.append(hop.zone)
    return station._replace(details=tuple(details), begin_s=begin_s, end_s=hop.at_s, depth=depth)


def _plain(hop: Stage, title: str, state: str, **more: str) -> Station:
    return Station(hop.stage, title, (hop.node,) if hop.node else (), 0.0, 0.0, state, **more)  # type: ignore[arg-type]


def _dns(hop: Stage, words: Words) -> Station:
    by = (words("dns.by", server=hop.node.rpartition("/")[2]),) if hop.node else ()
    found, missing = FOUND.fullmatch(hop.text), MISSING.fullmatch(hop.text)
    title = words("other", stage="DNS", text=hop.text)
    if found is not None:
        title = words("dns", domain=found["name"], address=found["address"])
    elif missing is not None:
        title = words("dns.miss", domain=missing["name"])
    return Station("dns", title, by, 0.0, 0.0, "miss" if missing else "ok", target=hop.node)


def _rule(hop: Stage, words: Words) -> Station:
    found = RULE.fullmatch(hop.text)
    if found is None:
        service = hop.text.split(" at ")[0] if " at " in hop.text else ""
        return _plain(hop, words("rule.failed", text=hop.text), "failed", service=service)
    parts = {name: found[name] for name in ("service", "address", "target")}
    is_port = int(found["address"].rpartition(":")[2]) in NODE_PORTS
    title = words("rule.port" if is_port else "rule", **parts)
    details = (words("rule.by", node=hop.node), _chance(found["among"], "one of", words))
    names = {"service": found["service"], "node": hop.node, "address": found["target"]}
    return Station("rule", title, details, 0.0, 0.0, "ok", **names)  # type: ignore[arg-type]


def _balancer(hop: Stage, words: Words) -> Station:
    found = BALANCER.fullmatch(hop.text)
    if found is None:
        return _plain(hop, words("balancer.failed", text=hop.text), "failed")
    title = words("balancer", address=found["address"], target=found["target"])
    details = (_chance(found["among"], "one of machines", words),)
    return Station("balancer", title, details, 0.0, 0.0, "ok", node=found["target"])


def _endpoint(hop: Stage, words: Words) -> Station:
    found = ENDPOINT.fullmatch(hop.text)
    if found is None or not hop.node:
        return _plain(hop, words("endpoint.failed", text=hop.text), "failed", address=hop.text.split(" ")[0])
    title = words("endpoint", pod=found["pod"], address=found["address"])
    return _plain(hop, title, "ok", target=found["pod"], node=hop.node)


def _chance(among: str, name: str, words: Words) -> str:
    """How likely this choice was."""
    count = ONE_OF.match(among)
    if count is not None:
        return words(name, n=int(count[1]), percent=f"{100 / int(count[1]):.3g}")
    return words("as before") if among == "as before" else words("only")


def _handler(answer: Followed, endpoint: Station, begin_s: float, *, has_called: bool, words: Words) -> Station:
    pod = endpoint.target
    if not answer.status:
        return Station("handler", words("handler.failed", pod=pod), (), begin_s, answer.took_s, "failed")
    key = "handler.calls" if has_called else "handler"
    state = "failed" if answer.status >= 500 else "ok"
    title, details = words(key, pod=pod, status=answer.status), (words("handler.way"),)
    return Station("handler", title, details, begin_s, answer.took_s, state)


def _station_of_answer(answer: Followed, begin_s: float, words: Words) -> Station:
    """An answer of somebody who is no endpoint: a daemon of the node."""
    title = words("handler", pod=answer.pod or "?", status=answer.status)
    return Station("handler", title, (), begin_s, answer.took_s, "failed" if answer.status >= 500 else "ok")


def _folded(stations: list[Station], words: Words) -> list[Station]:
    """Many names that do not exist are one station."""
    folded: list[Station] = []
    run: list[Station] = []
    for station in [*stations, None]:
        if station is not None and station.state == "miss":
            run.append(station)
            continue
        if len(run) > MOST_MISSES:
            title = words("dns.folded", n=len(run))
            folded.append(run[0]._replace(title=title, end_s=run[-1].end_s))
        else:
            folded += run
        run = []
        if station is not None:
            folded.append(station)
    return folded


def _first_line(body: str) -> str:
    lines: Sequence[str] = [line.strip() for line in body.splitlines() if line.strip()]
    return lines[0] if lines else ""
