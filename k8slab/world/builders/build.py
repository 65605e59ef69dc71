"""One build: from the order to the image in its registry, each step as long as it takes where it is done.

    definition, metadata of the bases, context ──► steps ──► export ──► push ──► cache export

Only the layers that the registry lacks are pushed; those of the base, too, when its registry is another one.

Source    github.com/moby/buildkit, exporter/containerimage, cache/remotecache (mode=max)
Left out  attestations, several platforms, several tags at once
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from k8slab.clock import Loop
from k8slab.world.builders.hosts import Workplace
from k8slab.world.builders.planning import Plan, Vertex
from k8slab.world.builders.progress import told_bytes
from k8slab.world.builders.solving import Solver
from k8slab.world.builders.sources import File
from k8slab.world.builders.workbench import Then, Workbench, for_each
from k8slab.world.images import Image, Layer

if TYPE_CHECKING:
    from k8slab.world.registries import Registries

__all__ = [
    "Build",
    "Order",
]

GZIP_BYTES_PER_S = 50_000_000.0  # of one core
LOAD_S, MANIFEST_S = 0.1, 0.3
LOST = "rpc error: code = Unavailable desc = error reading from server: EOF"


class Order(NamedTuple):
    """What is to be built: an image's name, the plan, the source as it is now and where it lies."""

    image: str
    plan: Plan
    source: str
    source_place: str
    files: Mapping[str, File]
    dockerfile_bytes: int
    no_cache: bool = False
    cache_from: str = ""
    cache_to: str = ""
    push: bool = True
    reproducible: bool = False


class Build:
    """A build that goes on, or is over: what came of it, how long it took, and what travelled."""

    def __init__(self, order: Order, loop: Loop, workplace: Workplace, registries: Registries, over: Then) -> None:
        self.order = order
        self.place = workplace.place
        self.image: Image | None = None
        self.built_at = self.exported_at = 0.0
        self.sent_bytes = self.pushed_bytes = 0
        self._bench = Workbench(loop, workplace, registries, over)
        self._solver = Solver(self._bench, order.plan, order.cache_from, order.reproducible)

    def __repr__(self) -> str:
        how = f"failed: {self.problem}" if self.problem else "done" if self.is_over else "goes on"
        return f"<Build of {self.order.image}, {how}>"

    @property
    def is_over(self) -> bool:
        """It has ended, well or not."""
        return self._bench.is_over

    @property
    def problem(self) -> str:
        """Why it failed, "" when it did not."""
        return self._bench.problem

    @property
    def took_s(self) -> float:
        """The seconds from its begin to its end, or to now."""
        return (self._bench.ended or self._bench.loop.now) - self._bench.begun

    @property
    def build_s(self) -> float:
        """The seconds until all layers were there and compressed."""
        return self.built_at - self._bench.begun if self.built_at else self.took_s

    @property
    def push_s(self) -> float:
        """The seconds from then on until the registry had the image."""
        return self.exported_at - self.built_at if self.exported_at else 0.0

    @property
    def fetched_bytes(self) -> int:
        """What came from registries."""
        return self._bench.fetched_bytes

    @property
    def ran(self) -> list[str]:
        """The steps that were done, and not found in the cache."""
        return [vertex.name for vertex in self._solver.ran]

    @property
    def layers(self) -> list[Layer]:
        """The layers of the image, from the base up, as far as they are known."""
        return self._solver.layers

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._bench.progress.text + (f"\nERROR: failed to solve: {self.problem}\n" if self.problem else "")

    def begin(self) -> None:
        """Set off."""
        progress = self._bench.progress
        self._bench.workplace.watch(lambda: self._bench.end(LOST))
        number = progress.begin("[internal] load build definition from Dockerfile")

        def loaded() -> None:
            progress.say(number, f"transferring dockerfile: {told_bytes(self.order.dockerfile_bytes)} done")
            progress.done(number)
            self._look_around()

        self._bench.later(LOAD_S, loaded)

    def _look_around(self) -> None:
        """Ask for the bases and for other builders' caches, and take the source; then take the steps."""
        ask = self._bench.ask
        tasks: list[Callable[[Then], object]] = [
            partial(ask, f"[internal] load metadata for {base}", base) for base in self.order.plan.bases
        ]
        if self.order.cache_from:
            tasks.append(partial(ask, f"importing cache manifest from {self.order.cache_from}", self.order.cache_from))
        if self.order.plan.reads_context:
            tasks.append(self._load_context)
        for_each(tasks, self._solve)

    def _load_context(self, then: Then) -> None:
        order, bench = self.order, self._bench
        number = bench.progress.begin("[internal] load build context")
        self.sent_bytes = bench.cache.changed(order.source, order.files)

        def loaded(problem: str) -> None:
            if problem:
                bench.failed(number, f"failed to read from source: {problem}")
                return
            bench.cache.sent(order.source, order.files)
            bench.progress.took(number, f"transferring context: {told_bytes(self.sent_bytes)}")
            bench.progress.done(number)
            then()

        bench.send("source", order.source, order.source_place, self.place, self.sent_bytes, loaded)

    def _solve(self) -> None:
        if self.order.cache_from:
            self._bench.cache.imported = dict(self._bench.registries.caches.get(self.order.cache_from, {}))
        self._solver.solve(self.order.no_cache, self._export)

    def _export(self) -> None:
        """Compress what is new; from then on it is an image."""
        bench = self._bench
        number = bench.progress.begin("exporting to image")
        new_bytes = sum(vertex.size_bytes for vertex in self._solver.ran if vertex in self.order.plan.final.chain)

        def exported() -> None:
            bench.progress.took(number, "exporting layers")
            self.built_at = bench.loop.now
            if self.order.push:
                self._push(number)
            else:
                self._finish(number)

        bench.work(new_bytes / GZIP_BYTES_PER_S, 1.0, exported)

    def _push(self, number: int) -> None:
        bench, image = self._bench, self.order.image

        def pushed() -> None:
            bench.progress.took(number, f"pushing layers {told_bytes(self.pushed_bytes)}")
            self.image = bench.registries.push(image, self.layers)
            bench.progress.say(number, f"pushing manifest for {self.image.reference}@{self.image.digest} done")
            self.exported_at = bench.loop.now
            self._finish(number)

        lacking = bench.registries.lacking(image, self.layers)
        self._upload(image, lacking, number, lambda: bench.later(MANIFEST_S, pushed))

    def _upload(self, image: str, layers: list[Layer], number: int, then: Then) -> None:
        """Send layers to the registry of an image, after those that are not here have been fetched."""
        home = self._bench.registries.place_of(image)
        size_bytes = sum(layer.size_bytes for layer in layers)

        def sent(problem: str) -> None:
            if problem:
                self._bench.failed(number, f"failed to push {image}: {problem}")
                return
            self.pushed_bytes += size_bytes
            self._bench.registries.keep(image, layers)
            then()

        def go() -> None:
            self._bench.send("image", image, self.place, home, size_bytes, sent)

        for_each([partial(self._fetch, vertex, layers) for vertex in self.order.plan.final.chain], go)

    def _fetch(self, vertex: Vertex, layers: list[Layer], then: Then) -> None:
        """Fetch those of the layers that a step has brought."""
        wanted = [layer for layer in self._solver.layers_of(vertex) if layer in layers]
        self._bench.fetch(f"fetch {vertex.name}", self._solver.origin_of(vertex), wanted, then)

    def _finish(self, number: int) -> None:
        self._bench.progress.done(number)
        if self.order.cache_to:
            self._export_cache(self.order.cache_to)
        else:
            self._bench.end()

    def _export_cache(self, target: str) -> None:
        """Tell others of every result that is here (mode=max), with its layers."""
        bench = self._bench
        number = bench.progress.begin(f"exporting cache to registry {target}")
        known = {vertex.key: layer for vertex, layer in self._solver.results.items() if bench.cache.has(layer)}

        def exported() -> None:
            bench.registries.caches.setdefault(target, {}).update(known)
            bench.progress.done(number)
            bench.end()

        lacking = bench.registries.lacking(target, known.values())
        self._upload(target, lacking, number, lambda: bench.later(MANIFEST_S, exported))
