"""Registries at places: who fetches a layer from where, over which links, and what a mirror has already.

A registry that stands nowhere gives its images as ever, in no time of its own. One that has a place is reached over
links. A pull-through mirror at a site keeps what it once passed on; layers that it has not yet are streamed through it.

Source    github.com/distribution/distribution, registry/proxy (what is asked for twice at once is fetched twice)
Left out  mirrors that forget after a time, or are full; garbage collection in registries
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from k8slab.world.images import Image, ImageError, Layer, Registry, parse_reference
from k8slab.world.links import PATIENCE_S
from k8slab.world.resources import Gauge
from k8slab.world.sites import Sites

if TYPE_CHECKING:
    from k8slab.world.machines import Vm

__all__ = [
    "PUBLIC",
    "Mirror",
    "Registries",
]

PUBLIC = ("docker.io", "registry.k8s.io", "quay.io", "ghcr.io", "gcr.io", "public.ecr.aws", "mcr.microsoft.com")
NODE_BYTES_PER_S = 50_000_000.0  # that a machine fetches and unpacks
NODE_PATIENCE_S = 300.0  # containerd: image_pull_progress_timeout

BYTE_S_PER_GB_MONTH = 1e9 * 730 * 3600

Done = Callable[[str], object]


class Mirror:
    """A registry that passes on another's images, and keeps them."""

    def __init__(self, host: str, place: str) -> None:
        self.host = host
        self.place = place
        self.layers: set[Layer] = set()

    @property
    def size_bytes(self) -> int:
        """What it keeps."""
        return sum(layer.size_bytes for layer in self.layers)


class Registries:
    """Where registries stand. It is the `carrier` of the images as soon as one of them has a place."""

    def __init__(self, images: Registry, sites: Sites) -> None:
        self.images = images
        self.sites = sites
        self.mirrors: dict[tuple[str, str], Mirror] = {}
        self.caches: dict[str, dict[str, Layer]] = {}  # what builders have told of their steps, by an image's name
        self._places: dict[str, str] = {}
        self._layers: dict[str, set[str]] = {}
        self._kept: dict[str, Gauge] = {}

    def put(self, host: str, place: str, *, everything: bool | None = None) -> None:
        """Give a registry its place. One that has not `everything` (as public ones have) holds what is pushed to it.

        Raises ValueError for an unknown place.
        """
        self.sites.site(place)
        self._places[host] = place
        self.images.carrier = self
        if not (host in PUBLIC if everything is None else everything):
            self.images.hold_only_pushed(host)

    def mirror(self, host: str, place: str) -> Mirror:
        """Put a pull-through mirror of a registry at a site. Raises ValueError for what has no place."""
        site = self.sites.site(place).name
        if host not in self._places:
            raise ValueError(f"{host} has no place yet; there are: {', '.join(self._places) or 'none'}")
        return self.mirrors.setdefault((host, site), Mirror(host, place))

    def host_of(self, text: str) -> str:
        """The registry that an image's name speaks of."""
        reference = parse_reference(text)
        return "" if isinstance(reference, ImageError) else reference.repository.partition("/")[0]

    def place_of(self, text: str) -> str:
        """Where the registry of an image stands, "" when it stands nowhere."""
        return self._places.get(self.host_of(text), "")

    def lacking(self, text: str, layers: Iterable[Layer]) -> list[Layer]:
        """The layers that the registry of that image has not yet."""
        there = self._layers.get(self.host_of(text), set())
        return [layer for layer in dict.fromkeys(layers) if layer.digest not in there]

    def push(self, text: str, layers: Sequence[Layer]) -> Image:
        """Take an image whose layers have arrived. Raises ValueError for what is no name."""
        self.keep(text, layers)
        return self.images.push(text, layers)

    def keep(self, text: str, layers: Iterable[Layer]) -> None:
        """Take layers."""
        host = self.host_of(text)
        new = self.lacking(text, layers)
        self._layers.setdefault(host, set()).update(layer.digest for layer in new)
        kept = self._kept.setdefault(host, Gauge(self.sites.loop))
        kept.add(sum(layer.size_bytes for layer in new))

    def kept(self) -> dict[str, float]:
        """What each registry in a cloud has kept of what was pushed to it, in GB times months."""
        placed = {host: place for host, place in self._places.items() if self.sites.site(place).kind == "cloud"}
        return {host: self._kept[host].integral / BYTE_S_PER_GB_MONTH for host in placed if host in self._kept}

    def carries(self, text: str, vm: Vm) -> bool:
        """The registry of that image, and the machine, are on the map."""
        return bool(self.place_of(text)) and bool(self.sites.place_of(vm))

    def ask(self, text: str, vm: Vm, done: Done) -> None:
        """Have a machine ask the registry for a manifest: `done("")`, or why it got no answer."""
        self.ask_from(text, self.sites.place_of(vm), done)

    def fetch(self, text: str, layers: Iterable[Layer], vm: Vm, done: Done) -> None:
        """Bring layers of an image to a machine: `done("")`, or why they do not come."""
        place = self.sites.place_of(vm)
        self.bring(text, layers, place, done, limit_per_s=NODE_BYTES_PER_S, patience_s=NODE_PATIENCE_S)

    def ask_from(self, text: str, place: str, done: Done) -> None:
        """Ask a registry something, and hear the answer: one way there and one back. At once where it has no place."""
        home = self.place_of(text)
        mirror = self._mirror_for(text, place)
        if mirror is not None and self._is_away(home, mirror.place):
            home = mirror.place  # it answers from what it has
        self._there_and_back(home, place, done)

    def bring(
        self,
        text: str,
        layers: Iterable[Layer],
        place: str,
        done: Done,
        *,
        limit_per_s: float = float("inf"),
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Bring layers of an image to a place, through the mirror of its site where there is one."""
        wanted, mirror = list(dict.fromkeys(layers)), self._mirror_for(text, place)
        if mirror is None:
            parts = [(self.place_of(text), wanted)]
        else:
            here = [layer for layer in wanted if layer in mirror.layers]
            parts = [
                (mirror.place, here),
                (self.place_of(text), [layer for layer in wanted if layer not in mirror.layers]),
            ]
        parts = [(source, some) for source, some in parts if some and source]
        meeting = _Meeting(len(parts), lambda problem: self._brought(mirror, wanted, problem, done))
        for source, some in parts:
            size_bytes = sum(layer.size_bytes for layer in some)
            limits = {"limit_per_s": limit_per_s / len(parts), "patience_s": patience_s}
            self.sites.send("image", text, source, place, size_bytes, meeting.arrive, **limits)

    def _brought(self, mirror: Mirror | None, layers: list[Layer], problem: str, done: Done) -> None:
        if mirror is not None and not problem:
            mirror.layers.update(layers)
        done(problem)

    def _mirror_for(self, text: str, place: str) -> Mirror | None:
        return self.mirrors.get((self.host_of(text), place.partition("/")[0])) if self.mirrors else None

    def _is_away(self, home: str, place: str) -> bool:
        return any(not link.is_up for link, _ in self.sites.way(home, place))

    def _there_and_back(self, home: str, place: str, done: Done) -> None:
        if not home or not place:
            done("")
            return

        def back(problem: str) -> None:
            if problem:
                done(problem)
            else:
                self.sites.send("", "", home, place, 0, done)

        self.sites.send("", "", place, home, 0, back)


class _Meeting:
    """Waits for several who arrive, and tells the first problem."""

    def __init__(self, count: int, done: Done) -> None:
        self._missing = count
        self._done = done
        self._problem = ""
        if not count:
            done("")

    def arrive(self, problem: str) -> None:
        """One more is there."""
        self._missing -= 1
        self._problem = self._problem or problem
        if not self._missing:
            self._done(self._problem)
