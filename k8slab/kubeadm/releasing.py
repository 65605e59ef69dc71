"""From an edit to running pods: one release, how long each part of it took and what it moved; and which place is best.

    edit ──► tries (builds that are not pushed) ──► build ──► push ──► set image ──► every pod runs the new image

Left out  Deployments with several containers to be set; what a person does between the parts
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8slab.client import Client
from k8slab.clock import parse_duration
from k8slab.kubeadm.building import Building
from k8slab.kubeadm.places import Place, compare
from k8slab.wire import Stream
from k8slab.world import Bill
from k8slab.world.builders import Build, Builder

__all__ = [
    "NotReleased",
    "Release",
    "Releasing",
]

ROLLOUT_LIMIT_S = 3600.0
PULLED = re.compile(r'Successfully pulled image "(.+)" in ((?:[\d.]+(?:h|m|s|ms))+) ')


class NotReleased(RuntimeError):
    """A release has stopped on its way; the text says where."""


@dataclass(frozen=True)
class Release:
    """One release. `pull_s` is by node; `moved_bytes` by direction of a link."""

    image: str
    build: Build
    tries: tuple[Build, ...]
    seconds: float
    tries_s: float
    rollout_s: float
    pull_s: Mapping[str, float]
    moved_bytes: Mapping[str, int]
    bill: Bill
    builders: tuple[Builder, ...]

    @property
    def minutes(self) -> float:
        """From the edit to the last pod that runs."""
        return self.seconds / 60

    @property
    def build_s(self) -> float:
        """Until the image was there."""
        return self.build.build_s

    @property
    def push_s(self) -> float:
        """Until its registry had it."""
        return self.build.push_s

    def __repr__(self) -> str:
        parts = f"tries {self.tries_s:.0f} s, build {self.build_s:.0f} s, push {self.push_s:.0f} s"
        moved = sum(self.moved_bytes.values()) / 1e6
        parts += f", rollout {self.rollout_s:.0f} s"
        return f"<Release of {self.image}: {self.minutes:.2f} min ({parts}), {moved:.1f} MB>"


class Releasing(Building):
    """What a cluster can do with new versions."""

    client: Client

    def bill(self, since: float | str | None = None) -> Bill:
        """What the cluster has cost since a moment."""
        raise NotImplementedError

    def release(
        self,
        deployment: str,
        image: str,
        builder: str | Sequence[str],
        dockerfile: str,
        source: str,
        edit: Mapping[str, str | int | None] | Iterable[str] = (),
        tries: int = 0,
        **options: Any,
    ) -> Release:
        """Edit, build, push, set the image of a Deployment (`default/web`), and wait until all its pods run it.

        `tries` builds come before, each after an edit, and are not pushed. With two builders these are made by the
        first, and the release by the last. Raises NotReleased; RuleBroken, RecipeError, ValueError, ApiError.
        """
        builders = [builder] if isinstance(builder, str) else list(builder)
        edits = dict(edit) if isinstance(edit, Mapping) else dict.fromkeys(edit)
        begun, before = self.loop.now, self._carried()
        self.world.ledger.counts()  # so that the bill can begin here
        tried = tuple(
            self._built(builders[0], image, dockerfile, source, edits, {**options, "push": False}) for _ in range(tries)
        )
        tried_s = self.loop.now - begun
        build = self._built(builders[-1], image, dockerfile, source, edits if not tries else {}, options)
        built_at = self.loop.now
        self._roll_out(deployment, image)
        ended = self.loop.now
        moved = {way: size for way, size in self._moved(before).items() if size}
        pulls = self._pulls(image)
        bill = self.bill(begun)
        used = tuple(self.builder(name) for name in builders)
        return Release(image, build, tried, ended - begun, tried_s, ended - built_at, pulls, moved, bill, used)

    def compare_places(
        self, places: Mapping[str, str | Sequence[str]], releases: int = 100, **release: Any
    ) -> list[Place]:
        """Make the same release from several places (`{"both": ["office", "pod"]}`), each in a fork of this cluster.

        `release` is what `release` is given, but for the builder. A place that a rule forbids tells so. See
        `places.table`. Raises what `release` raises.
        """
        return compare(self, places, release, releases)

    def fork(self) -> Any:
        """Another cluster with the same past."""
        raise NotImplementedError

    def _built(
        self,
        builder: str,
        image: str,
        dockerfile: str,
        source: str,
        edits: Mapping[str, str | int | None],
        options: Mapping[str, Any],
    ) -> Build:
        for path, size in edits.items():
            self.edit(source, path, size)
        build = self.build(builder, image, dockerfile, source, **options)
        if build.problem:
            raise NotReleased(f"the build of {image} on {builder} failed: {build.problem}")
        return build

    def _roll_out(self, deployment: str, image: str) -> None:
        """Set the image of the first container, and wait for the pods."""
        namespace, _, name = deployment.rpartition("/")
        namespace = namespace or "default"
        live = self.client.get("deployments", name, namespace)
        container = live["spec"]["template"]["spec"]["containers"][0]["name"]
        patch = {"spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}}}
        with self.client.writing_as("kubectl-set"):
            self.client.patch("deployments", name, namespace, patch)
        stream = self.client.watch("deployments", namespace, fields=f"metadata.name={name}")
        seen: list[Mapping[str, Any]] = []
        is_over = lambda: _is_complete(_newest(stream, seen))  # noqa: E731
        try:
            if not self.run_until_true(is_over, ROLLOUT_LIMIT_S):
                raise NotReleased(f"the pods of {deployment} do not all run {image} after {ROLLOUT_LIMIT_S:.0f} s")
        finally:
            stream.close()

    def _carried(self) -> dict[str, int]:
        return {f"{one.source} to {one.target}": one.size_bytes for one in self.sites.links.carried()}

    def _moved(self, before: Mapping[str, int]) -> dict[str, int]:
        return {way: size - before.get(way, 0) for way, size in self._carried().items()}

    def _pulls(self, image: str) -> dict[str, float]:
        """How long each node pulled, from the events of its kubelet."""
        found = {}
        for event in self.client.list("events", fields="reason=Pulled"):
            match = PULLED.match(event.get("message", ""))
            if match is not None and match[1] == image:
                found[event["source"].get("host", "")] = parse_duration(match[2])
        return found


def _newest(stream: Stream, seen: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The last that a watch has told of an object."""
    seen += [event.object for event in stream.pull() if event.object]
    del seen[:-1]
    return seen[0] if seen else {}


def _is_complete(deployment: Mapping[str, Any]) -> bool:
    """The controller has seen the newest spec, and every pod is of it, and available."""
    if not deployment:
        return False
    wanted, status = deployment["spec"].get("replicas", 1), deployment.get("status", {})
    is_seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return is_seen and counts == [wanted] * 3
