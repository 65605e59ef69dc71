"""A builder: it has a home with a cache, takes orders, and its minutes are counted.

The container runtime of a node (containerd) runs images and cannot make them; a builder (BuildKit, asked by nerdctl or
docker) makes them and runs nothing.

Source    github.com/containerd/nerdctl, docs/build.md; github.com/moby/buildkit
Left out  a queue: builds at the same time share the cores
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from k8slab.clock import Loop
from k8slab.world.builders.build import Build, Order
from k8slab.world.builders.cache import Cache
from k8slab.world.builders.dockerfile import RecipeError, read_recipe
from k8slab.world.builders.hosts import Host
from k8slab.world.builders.planning import Plan, make_plan
from k8slab.world.builders.sources import Source
from k8slab.world.images import Image, ImageError, parse_reference

if TYPE_CHECKING:
    from k8slab.world.registries import Registries

__all__ = [
    "Builder",
]


class Builder:
    """Makes images. `kind` is laptop, company, cloud or registry (a machine at such a site), or pod."""

    def __init__(self, name: str, kind: str, cores: float, host: Host, loop: Loop, registries: Registries) -> None:
        self.name = name
        self.kind = kind
        self.cores = cores
        self.pod = getattr(host, "name", "")
        self.builds: list[Build] = []
        self._host = host
        self._loop = loop
        self._registries = registries
        self._active = 0
        self._since = 0.0
        self._busy_s = 0.0

    def __repr__(self) -> str:
        return f"<Builder {self.name}, {self.kind}, {len(self.builds)} builds, {self.minutes:.1f} minutes>"

    @property
    def minutes(self) -> float:
        """For how long it has been building, in all."""
        return (self._busy_s + (self._loop.now - self._since if self._active else 0.0)) / 60

    @property
    def place(self) -> str:
        """Where it stands now, "" when that is on no map. Raises ValueError for a pod that does not run."""
        return self._host.open().place

    @property
    def cache_bytes(self) -> int:
        """What its cache takes. Raises ValueError for a pod that does not run."""
        return Cache(self._host.open().disk).size_bytes

    def prune(self) -> int:
        """Empty its cache; how many bytes that were. Raises ValueError for a pod that does not run."""
        return Cache(self._host.open().disk).prune()

    def order(
        self,
        image: str,
        dockerfile: str,
        source: Source,
        *,
        args: Mapping[str, str] | None = None,
        target: str = "",
        **options: object,
    ) -> Order:
        """What there is to do for an image. Raises RecipeError, ValueError for what is no image's name."""
        reference = parse_reference(image)
        if isinstance(reference, ImageError):
            raise ValueError(reference.message)
        recipe, files = read_recipe(dockerfile, args), source.context()
        plan: Plan = make_plan(recipe, files, self._resolve, target)
        return Order(image, plan, source.name, source.place, files, recipe.size_bytes, **options)  # type: ignore[arg-type]

    def begin(self, order: Order) -> Build:
        """Begin a build; it goes on as time does. Raises ValueError for a pod that does not run."""
        build = Build(order, self._loop, self._host.open(), self._registries, self._over)
        if not self._active:
            self._since = self._loop.now
        self._active += 1
        self.builds.append(build)
        build.begin()
        return build

    def _over(self) -> None:
        self._active -= 1
        if not self._active:
            self._busy_s += self._loop.now - self._since

    def _resolve(self, name: str) -> Image:
        found = self._registries.images.resolve(name)
        if isinstance(found, ImageError):
            reference = parse_reference(name)
            if isinstance(reference, ImageError):
                raise RecipeError(f'failed to parse stage name "{name}": invalid reference format')
            raise RecipeError(f"{name}: failed to resolve source metadata for {reference.full}: not found")
        return found
