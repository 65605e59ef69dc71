"""The path of a request: hop by hop from the client to the handler and back, and the same on the cluster graph.

Left out  what a handler asks others is set in by one step, however deep it goes
"""

from __future__ import annotations

import os
from base64 import b64encode
from functools import cached_property
from typing import Any

from k8slab.client import Reader
from k8slab.view.overlay import Arrow
from k8slab.view.path.arrows import arrows_of
from k8slab.view.path.followed import Followed
from k8slab.view.path.stations import Client, Station, reason_of_failure, stations_of, time_text
from k8slab.view.path.strip import height_of, strip
from k8slab.view.path.words import words as words_of
from k8slab.view.scene import Scene
from k8slab.view.svg import escape, painted, svg
from k8slab.view.tables import heading, note
from k8slab.view.words import Words
from k8slab.wire import ApiError

__all__ = [
    "RequestPath",
    "path",
]

ZONE = "topology.kubernetes.io/zone"
SIGNS = {"start": "•", "ok": "→", "miss": "-", "failed": "✕", "end": "✓"}


class RequestPath:
    """One request: `stations` are its stages, `arrows` the same for the graph; `scene` is the graph if there is one."""

    def __init__(
        self, sentence: str, stations: tuple[Station, ...], arrows: tuple[Arrow, ...], scene: Scene | None, words: Words
    ) -> None:
        self.sentence = sentence
        self.stations = stations
        self.arrows = arrows
        self.scene = scene
        self._words = words

    @cached_property
    def text(self) -> str:
        """The sentence, then a line per station: when it was over, how it went, how long it took."""
        lines = [self.sentence]
        for station in self.stations:
            parts = [station.title, *station.details]
            if station.stage not in ("start", "end"):
                parts.append(f"({time_text(station.end_s - station.begin_s)})")
            indent = "  " * station.depth
            lines.append(f"{time_text(station.end_s):>9}  {indent}{SIGNS[station.state]} {' · '.join(parts)}")
        return "\n".join(lines)

    @cached_property
    def html(self) -> str:
        """The stations as a picture, and below it the graph with the way on top."""
        is_static = os.environ.get("K8SLAB_STATIC") == "1"
        marks, height = tuple(strip(self.stations)), height_of(self.stations)
        if is_static:
            from k8slab.view.png import painted_png

            picture = _figure(painted_png(marks, height), self.text)
        else:
            picture = painted(marks, height, self.text)
        graph = self._graph(is_static=is_static)
        return f'<div style="max-width:1000px">{heading(self.sentence)}{picture}{graph}</div>'

    def _graph(self, *, is_static: bool) -> str:
        if self.scene is None or not self.arrows:
            return ""
        head = note(self._words("overlay"))
        if not is_static:
            return head + svg(self.scene, self.arrows)
        from k8slab.view.png import png

        return head + _figure(png(self.scene, self.arrows), self.scene.text)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def path(
    answer: Followed,
    url: str = "",
    source: str = "",
    namespace: str = "default",
    lang: str = "en",
    *,
    reader: Reader | None = None,
    scene: Scene | None = None,
) -> RequestPath:
    """The path of a request that has been followed.

    `source` is who sent it, as for `Lab.request` (a pod, a node, `outside`); with a reader its node and zone are told.
    """
    words = words_of(lang)
    client = _client(source, namespace, reader, words)
    stations = tuple(_aimed(station, reader) for station in stations_of(answer, url, client, words))
    what = words("what", url=url, source=client.name) if source and url else words("what.url", url=url or client.name)
    took, why = time_text(answer.took_s), reason_of_failure(answer, words)
    name = "failed" if not answer.status else "status" if why else "ok"
    pod = answer.pod or "?"
    sentence = words(name, what=what, status=answer.status, pod=pod, took=took, why=why)
    arrows = arrows_of(stations, client, answer.status, words)
    return RequestPath(sentence, stations, arrows, scene, words)


def _client(source: str, namespace: str, reader: Reader | None, words: Words) -> Client:
    """Who sends, and where it runs."""
    if not source:
        return Client(words("somebody"))
    if source == "outside" or source.replace(".", "").isdigit():
        return Client(words("outside") if source == "outside" else source, "users")
    before, _, name = source.rpartition("/")
    if not before:
        return Client(source, f"Node/{source}", source, _zone(source, reader))
    namespace = namespace if before in ("pod", "pods", "po") else before
    node = ""
    if reader is not None:
        try:
            node = reader.get("Pod", name, namespace)["spec"].get("nodeName", "")
        except ApiError:
            node = ""
    return Client(f"Pod {namespace}/{name}", f"Pod/{namespace}/{name}", node, _zone(node, reader))


def _aimed(station: Station, reader: Reader | None) -> Station:
    """With the pod that a failed stage was meant for, by its address."""
    address = station.address.rpartition(":")[0]
    if station.state != "failed" or station.target or not address or reader is None or station.stage == "rule":
        return station
    try:
        pods = reader.list("Pod", fields=f"status.podIP={address}")
    except ApiError:
        return station
    names = [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods]
    return station._replace(target=names[0]) if len(names) == 1 else station


def _zone(node: str, reader: Reader | None) -> str:
    if reader is None or not node:
        return ""
    try:
        return str((reader.get("Node", node)["metadata"].get("labels") or {}).get(ZONE, ""))
    except ApiError:
        return ""


def _figure(data: bytes, alt: str) -> str:
    source = f"data:image/png;base64,{b64encode(data).decode()}"
    return f'<figure style="margin:0"><img alt="{escape(alt)}" src="{source}" style="max-width:100%"/></figure>'
