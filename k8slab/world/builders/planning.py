"""From a recipe and a source tree to steps with cache keys: what a builder would do, before it does anything.

A step's key is made of what it begins from, what it says, and what it takes in; a COPY takes in the files themselves,
so that an edit changes its key and the keys of all that follow. A COPY --from takes in what wrote the path that it
copies: a stage that was built again, to the same end, does not disturb it.

Source    github.com/moby/buildkit, docs/dev/solver.md (cache keys by content), frontend/dockerfile/dockerfile2llb
Left out  that a step with other inputs may write the same bytes; links, owners and modes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from k8slab.world.builders.dockerfile import Cost, Recipe, RecipeError, Stage, Step
from k8slab.world.builders.sources import File, digest_of, matches
from k8slab.world.images import Image

__all__ = [
    "Plan",
    "Vertex",
    "make_plan",
]

DIRECTORY_BYTES = 93  # a layer with one empty directory
COPY_BYTES_PER_S = 200_000_000

Content = dict[str, tuple[int, str]]
Resolve = Callable[[str], Image]


@dataclass(eq=False)
class Vertex:
    """One step. `parent` is what it begins from, `inputs` what it copies from; a base image has `image` instead.

    `taken` is what a COPY copies: the path in the image, its bytes, and the file, or the key of the step that wrote it.
    """

    name: str
    key: str
    size_bytes: int = 0
    cost: Cost = field(default_factory=Cost)
    parent: Vertex | None = None
    inputs: tuple[Vertex, ...] = ()
    image: Image | None = None
    reads_context: bool = False
    taken: tuple[tuple[str, int, str], ...] = ()

    @property
    def chain(self) -> list[Vertex]:
        """The steps that its result lies upon, from the base up to itself."""
        below = self.parent.chain if self.parent is not None else []
        return [*below, self]


class Plan:
    """All steps that the last stage needs, in the order in which they are told, and the bases by their names."""

    def __init__(self, vertices: list[Vertex], final: Vertex, bases: tuple[str, ...], context_bytes: int) -> None:
        self.vertices = vertices
        self.final = final
        self.bases = bases
        self.context_bytes = context_bytes

    @property
    def reads_context(self) -> bool:
        """Some step takes files of the source."""
        return any(vertex.reads_context for vertex in self.vertices)


@dataclass
class _Built:
    """A stage as far as it is planned: its last step, what it holds by path, and where it stands."""

    last: Vertex
    content: Content
    workdir: str = "/"
    settings: str = ""


def make_plan(recipe: Recipe, context: Mapping[str, File], resolve: Resolve, target: str = "") -> Plan:
    """What is to be done for the last stage, or the stage `target`. Raises RecipeError."""
    final = recipe.stage(target) if target else recipe.stages[-1]
    if final is None:
        raise RecipeError(f"target stage {target!r} could not be found")
    planner = _Planner(recipe, context, resolve)
    built = planner.stage(final)
    size_bytes = sum(file.size_bytes for file in context.values())
    return Plan(planner.vertices, built.last, tuple(planner.bases), size_bytes)


class _Planner:
    """Plans the stages that are needed, each once."""

    def __init__(self, recipe: Recipe, context: Mapping[str, File], resolve: Resolve) -> None:
        self._recipe = recipe
        self._context = context
        self._resolve = resolve
        self._done: dict[int, _Built] = {}
        self._begun: set[int] = set()
        self.vertices: list[Vertex] = []
        self.bases: dict[str, Vertex] = {}

    def stage(self, stage: Stage) -> _Built:
        """A stage with all its steps."""
        number = next(at for at, one in enumerate(self._recipe.stages) if one is stage)
        if number in self._done:
            return self._done[number]
        if number in self._begun:
            raise RecipeError(f"circular dependency detected on stage: {stage.name or number}")
        self._begun.add(number)
        built = self._base(stage, number)
        for at, step in enumerate(stage.steps, start=2):
            name = f"{self._label(stage, number, at)} {step.told}"
            self._add(built, step, name, number)
        self._done[number] = built
        return built

    def _label(self, stage: Stage, number: int, at: int) -> str:
        name = stage.name or (f"stage-{number}" if len(self._recipe.stages) > 1 else "")
        return f"[{name} {at}/{len(stage.steps) + 1}]".replace("[ ", "[")

    def _base(self, stage: Stage, number: int) -> _Built:
        earlier = next((one for one in self._recipe.stages[:number] if one.name and one.name == stage.base), None)
        if earlier is not None:
            below = self.stage(earlier)
            return _Built(below.last, dict(below.content), below.workdir, below.settings)
        if stage.base == "scratch":
            return _Built(Vertex("scratch", digest_of("scratch")), {})
        image = self._image(stage.base)
        vertex = Vertex(f"{self._label(stage, number, 1)} FROM {image.image_id}", digest_of(image.digest), image=image)
        self.vertices.append(vertex)
        return _Built(vertex, {})

    def _image(self, name: str) -> Image:
        image = self._resolve(name)
        self.bases.setdefault(image.reference, Vertex(image.reference, image.digest, image=image))
        return image

    def _add(self, built: _Built, step: Step, name: str, number: int) -> None:
        if step.word == "WORKDIR":
            built.workdir = _joined(built.workdir, step.text)
            vertex = self._vertex(built, name, (step.told,), DIRECTORY_BYTES)
        elif step.word == "RUN":
            vertex = self._run(built, step, name)
        else:
            vertex = self._copy(built, step, name, number)
        built.last = vertex
        self.vertices.append(vertex)

    def _vertex(self, built: _Built, name: str, said: tuple[object, ...], size_bytes: int) -> Vertex:
        key = digest_of(built.last.key, built.workdir, *said)
        return Vertex(name, key, size_bytes, parent=built.last)

    def _run(self, built: _Built, step: Step, name: str) -> Vertex:
        size_bytes = sum(size for _, size in step.cost.writes)
        vertex = self._vertex(built, name, (step.told, step.settings), size_bytes)
        vertex.cost = step.cost
        for path, size in step.cost.writes:
            if path:
                built.content[_joined(built.workdir, path)] = size, vertex.key
        return vertex

    def _copy(self, built: _Built, step: Step, name: str, number: int) -> Vertex:
        *sources, target = step.words
        where = _joined(built.workdir, target)
        origin = step.flag("from")
        taken: Content = {}
        inputs: tuple[Vertex, ...] = ()
        if origin:
            inputs, found = self._from(origin, step, number)
        else:
            found = {path: (file.size_bytes, f"{path} {file.version}") for path, file in self._context.items()}
        for source in sources:
            taken.update(_taken(found, source, where, target.endswith(("/", ".")) or len(sources) > 1, bool(origin)))
        vertex = self._vertex(built, name, (step.told, sorted(taken.items())), sum(size for size, _ in taken.values()))
        vertex.inputs, vertex.reads_context = inputs, not origin
        vertex.taken = tuple((path, size, inner) for path, (size, inner) in sorted(taken.items()))
        vertex.cost = Cost(cpu_s=vertex.size_bytes / COPY_BYTES_PER_S)
        built.content.update(taken)
        return vertex

    def _from(self, origin: str, step: Step, number: int) -> tuple[tuple[Vertex, ...], Content]:
        """What COPY --from copies from: a stage before this one, or an image."""
        stage = self._recipe.stage(origin)
        if stage is not None and any(one is stage for one in self._recipe.stages[:number]):
            built = self.stage(stage)
            return (built.last,), {path.lstrip("/"): inner for path, inner in built.content.items()}
        if stage is not None:
            raise RecipeError(f"circular dependency detected on stage: {origin}")
        image = self._image(origin)
        vertex = Vertex(f"FROM {image.image_id}", digest_of(image.digest), image=image)
        if not step.cost.writes:
            raise RecipeError(f'COPY --from={origin} needs a comment above it such as "# cost: writes 1M"')
        size = sum(size for _, size in step.cost.writes)
        return (vertex,), {source.lstrip("/"): (size, image.digest) for source in step.words[:1]}


def _taken(found: Content, source: str, where: str, into: bool, is_stage: bool) -> Content:
    """What a COPY of one source takes, by its path in the image. Raises RecipeError when that is nothing."""
    files = {path: File(size) for path, (size, _) in found.items()}
    below = matches(files, source.lstrip("/"))
    if not below:
        told = f'"/{source.lstrip("./")}": not found'
        hint = "; a RUN says what it writes in its comment: # cost: writes 45M /app" if is_stage else ""
        raise RecipeError(f"failed to compute cache key: failed to calculate checksum of ref: {told}{hint}")
    taken: Content = {}
    by_file = {id(files[path]): path for path in files}
    for name, file in below.items():
        path = by_file[id(file)]
        is_one = len(below) == 1 and path.rstrip("/") == source.strip("./")
        inner = where if is_one and not into else _joined(where, name)
        taken[inner] = found[path]
    return taken


def _joined(base: str, path: str) -> str:
    if path.startswith("/"):
        return "/" + path.strip("/")
    parts = [part for part in path.removeprefix("./").split("/") if part not in ("", ".")]
    return "/" + "/".join([*filter(None, base.split("/")), *parts])
