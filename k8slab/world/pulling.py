"""Pulls over links: one after another, as a kubelet asks for them, and as long as the links let them take.

Source    containerd, core/remotes/docker and internal/cri/server/images (its texts of what fails)
Left out  layers that had arrived when a pull fails; three layers at once (their bytes share the link alike)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from k8slab.world.images import Image, ImageError, Layer, Login, parse_reference
from k8slab.world.links import NO_ROUTE

if TYPE_CHECKING:
    from k8slab.world.runtime import Runtime

__all__ = [
    "DistantPulls",
]

UNREACHABLE = (
    'rpc error: code = DeadlineExceeded desc = failed to pull and unpack image "{0}": failed to resolve '
    'reference "{0}": failed to do request: Head "https://{1}/v2/{2}/manifests/{3}": dial tcp: i/o timeout'
)
CANCELED = 'rpc error: code = Canceled desc = failed to pull and unpack image "{0}": context canceled'

Done = Callable[[Image | ImageError, float, float], None]


class Wanted(NamedTuple):
    """A pull that was asked for, and when; `asking_s` is what the registry itself takes to answer."""

    image: str
    logins: tuple[Login, ...]
    asking_s: float
    at: float
    done: Done


class DistantPulls:
    """The pulls of one machine, from registries that stand at places."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._waiting: deque[Wanted] = deque()
        self._is_busy = False

    def clear(self) -> None:
        """Forget all of them, as in a power cut."""
        self._waiting.clear()
        self._is_busy = False

    def pull(self, image: str, logins: Iterable[Login], asking_s: float, done: Done) -> None:
        """Fetch an image when those before it are done: `done(image, seconds, seconds with waiting)`."""
        self._waiting.append(Wanted(image, tuple(logins), asking_s, self._runtime.vm.loop.now, done))
        if not self._is_busy:
            self._next()

    def _next(self) -> None:
        self._is_busy = bool(self._waiting)
        if self._waiting:
            self._ask(self._waiting.popleft())

    def _ask(self, wanted: Wanted) -> None:
        begun, scope, carrier = self._runtime.vm.loop.now, self._runtime.scope, self._runtime.carrier
        assert carrier is not None

        def answered(problem: str) -> None:
            if not scope.is_alive:
                return
            if problem:
                self._end(wanted, begun, ImageError("ErrImagePull", _told(wanted.image, problem)))
            else:
                scope.call_later(wanted.asking_s, self._fetch, wanted, begun)

        carrier.ask(wanted.image, self._runtime.vm, answered)

    def _fetch(self, wanted: Wanted, begun: float) -> None:
        scope, carrier = self._runtime.scope, self._runtime.carrier
        found = self._runtime.find(wanted.image, wanted.logins)
        if isinstance(found, ImageError) or carrier is None:
            self._end(wanted, begun, found)
            return

        def arrived(problem: str) -> None:
            if scope.is_alive:
                self._end(wanted, begun, ImageError("ErrImagePull", _told(wanted.image, problem)) if problem else found)

        carrier.fetch(wanted.image, self._lacking(found.layers), self._runtime.vm, arrived)

    def _lacking(self, layers: Iterable[Layer]) -> list[Layer]:
        return [layer for layer in layers if layer not in self._runtime.layers]

    def _end(self, wanted: Wanted, begun: float, found: Image | ImageError) -> None:
        now = self._runtime.vm.loop.now
        wanted.done(found, now - begun, now - wanted.at)
        self._next()


def _told(image: str, problem: str) -> str:
    """What containerd says."""
    reference = parse_reference(image)
    assert not isinstance(reference, ImageError)
    host, _, path = reference.repository.partition("/")
    host = "registry-1.docker.io" if host == "docker.io" else host
    if problem != NO_ROUTE:
        return CANCELED.format(reference.full)
    return UNREACHABLE.format(reference.full, host, path, reference.tag)
