"""Having the results of steps: found in the cache, fetched, or made; each once, and only when somebody needs it.

What the cache knows is not done again. The bytes of a base, or of a result that another builder has told of, are
fetched when somebody needs to work upon them, and not before. Stages that do not need each other are built at the same
time.

Source    github.com/moby/buildkit, solver/edge.go and docs/dev/solver.md; docs: "Build reproducibility"
Left out  a build that is called off
"""

from __future__ import annotations

from functools import partial

from k8slab.world.builders.planning import Plan, Vertex
from k8slab.world.builders.sources import digest_of
from k8slab.world.builders.workbench import Then, Workbench, for_each
from k8slab.world.images import Layer

__all__ = [
    "INTERNET",
    "Solver",
]

INTERNET = "internet"  # the site that a RUN loads packages from, where there is one of that name


class Solver:
    """The steps of one plan. `ran` names those that were really done."""

    def __init__(self, bench: Workbench, plan: Plan, cache_from: str = "", reproducible: bool = False) -> None:
        self.results: dict[Vertex, Layer] = {}
        self.ran: list[Vertex] = []
        self._bench = bench
        self._plan = plan
        self._by_key = {vertex.key: vertex for vertex in plan.vertices}
        self._cache_from = cache_from
        self._reproducible = reproducible
        self._waiting: dict[Vertex, list[Then]] = {}
        self._local: set[Vertex] = set()

    @property
    def layers(self) -> list[Layer]:
        """The layers of the image, from the base up, as far as they are known."""
        return [layer for vertex in self._plan.final.chain for layer in self.layers_of(vertex)]

    def layers_of(self, vertex: Vertex) -> tuple[Layer, ...]:
        """What a step adds to the image."""
        if vertex.image is not None:
            return vertex.image.layers
        return (self.results[vertex],) if vertex in self.results else ()

    def origin_of(self, vertex: Vertex) -> str:
        """The image in whose registry the layers of a step are, if they are not here."""
        return vertex.image.reference if vertex.image is not None else self._cache_from

    def solve(self, no_cache: bool, then: Then) -> None:
        """Have every layer of the image known."""
        steps = [vertex for vertex in self._plan.vertices if vertex.image is None]
        for vertex in steps:
            layer = None if no_cache else self._bench.cache.find(vertex.key)
            if layer is not None:
                self.results[vertex] = layer
                self._bench.progress.cached(vertex.name)
        wanted = [vertex for vertex in self._plan.final.chain if vertex in steps and vertex not in self.results]
        for_each([partial(self._have, vertex) for vertex in wanted], then)

    def _have(self, vertex: Vertex, then: Then) -> None:
        """Have a step's result here, with everything that it lies upon; done once, however many ask."""
        if vertex in self._local:
            then()
            return
        waiting = self._waiting.setdefault(vertex, [])
        waiting.append(then)
        if len(waiting) == 1:
            below = [vertex.parent] if vertex.parent is not None else []
            inputs = () if vertex in self.results else vertex.inputs
            needs = [*below, *inputs]
            for_each([partial(self._have, one) for one in needs], lambda: self._make(vertex))

    def _make(self, vertex: Vertex) -> None:
        made = partial(self._made, vertex)
        if vertex.image is None and vertex.parent is None:
            made()  # scratch
        elif vertex.image is not None or vertex in self.results:
            name = vertex.name if vertex.image is not None else f"fetch {vertex.name}"
            self._bench.fetch(name, self.origin_of(vertex), self.layers_of(vertex), made)
        else:
            self._run(vertex)

    def _made(self, vertex: Vertex) -> None:
        self._local.add(vertex)
        for then in self._waiting.pop(vertex, []):
            then()

    def _run(self, vertex: Vertex) -> None:
        number, cost = self._bench.progress.begin(vertex.name), vertex.cost
        self.ran.append(vertex)

        def ended() -> None:
            if cost.exit_code:
                command = vertex.name.partition(" RUN ")[2]
                told = f"did not complete successfully: exit code: {cost.exit_code}"
                self._bench.failed(number, f'process "/bin/sh -c {command}" {told}')
                return
            layer = self.results[vertex] = self._layer_of(vertex)
            self._bench.progress.done(number)
            self._bench.store([layer], {vertex.key: layer}, partial(self._made, vertex))

        self._load(vertex, number, lambda: self._bench.work(cost.cpu_s, cost.threads, ended))

    def _load(self, vertex: Vertex, number: int, then: Then) -> None:
        """What a command loads from the Internet itself."""
        size_bytes = vertex.cost.fetches_bytes
        if not size_bytes or not self._bench.registries.sites.has(INTERNET):
            then()
            return
        told = lambda problem: self._bench.failed(number, problem) if problem else then()  # noqa: E731
        self._bench.send("packages", vertex.name, INTERNET, self._bench.workplace.place, size_bytes, told)

    def _layer_of(self, vertex: Vertex) -> Layer:
        """The layer of a step. The files that a command writes bear the time: made again, it is another layer.

        A COPY makes the same layer of the same files, whatever it lies upon.
        """
        if vertex.taken:
            origins = [(path, self._wrote(inner)) for path, _, inner in vertex.taken]
            return Layer(digest_of("copy", origins), vertex.size_bytes)
        at = 0.0 if self._reproducible else self._bench.loop.now
        return Layer(digest_of("layer", vertex.key, at), vertex.size_bytes)

    def _wrote(self, key: str) -> str:
        """The layer in which a step of that key wrote a file, or the file itself."""
        writer = self._by_key.get(key)
        return self.results[writer].digest if writer in self.results else key
