"""What a build has at hand: where it computes, what it keeps, how bytes come and go, and what it prints.

Source    github.com/moby/buildkit, session/filesync (only files that changed are sent), util/contentutil
Left out  several connections at once to one registry
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from k8slab.clock import Loop
from k8slab.world.builders.cache import Cache
from k8slab.world.builders.hosts import Workplace
from k8slab.world.builders.progress import Progress, told_bytes
from k8slab.world.images import Layer

if TYPE_CHECKING:
    from k8slab.world.registries import Registries

__all__ = [
    "Then",
    "Workbench",
    "for_each",
]

METADATA_S = 0.5

Then = Callable[[], object]


class Workbench:
    """What one build works with. Once it is over (`problem` says why it failed) nothing goes on here."""

    def __init__(self, loop: Loop, workplace: Workplace, registries: Registries, over: Then) -> None:
        self.loop = loop
        self.workplace = workplace
        self.registries = registries
        self.cache = Cache(workplace.disk)
        self.progress = Progress(loop)
        self.begun = loop.now
        self.ended = 0.0
        self.problem = ""
        self.fetched_bytes = 0
        self._over = over

    @property
    def is_over(self) -> bool:
        """The build has ended, well or not."""
        return self.ended > 0

    def end(self, problem: str = "") -> None:
        """The build is over; nothing when it is already."""
        if not self.is_over:
            self.ended, self.problem = self.loop.now, problem
            self._over()

    def failed(self, number: int, problem: str) -> None:
        """A step has failed, and the build with it."""
        if not self.is_over:
            self.progress.error(number, problem)
            self.end(problem)

    def later(self, delay_s: float, then: Then) -> None:
        """Go on in so many seconds."""
        self.loop.call_later(delay_s, self._go_on, then)

    def work(self, cpu_s: float, threads: float, then: Then) -> None:
        """Compute, and go on."""
        self.workplace.work(cpu_s, threads, lambda: self._go_on(then))

    def _go_on(self, then: Then) -> None:
        if not self.is_over:
            then()

    def ask(self, name: str, image: str, then: Then) -> None:
        """Ask the registry of an image for its manifest."""
        number = self.progress.begin(name)

        def heard(number: int) -> None:
            self.progress.done(number)
            then()

        def answered(problem: str) -> None:
            if problem:
                self.failed(number, f"{image}: failed to do request: dial tcp: {problem}")
            else:
                self.later(METADATA_S, lambda: heard(number))

        self.registries.ask_from(image, self.workplace.place, answered)

    def send(self, kind: str, what: str, source: str, target: str, size: int, done: Callable[[str], object]) -> None:
        """Send data from place to place: `done("")`, or why it did not arrive. At once where there is no map."""
        if not source or not target:
            done("")
            return
        try:
            told = lambda problem: self._go_on(lambda: done(problem))  # noqa: E731
            self.registries.sites.send(kind, what, source, target, size, told)
        except ValueError as error:
            done(str(error))

    def fetch(self, name: str, image: str, layers: Iterable[Layer], then: Then) -> None:
        """Have the bytes of layers here, from the registry of an image."""
        lacking = [layer for layer in dict.fromkeys(layers) if not self.cache.has(layer)]
        if not lacking:
            then()
            return
        number = self.progress.begin(name)
        size_bytes = sum(layer.size_bytes for layer in lacking)

        def arrived(problem: str) -> None:
            if problem:
                self.failed(number, f"failed to copy: {problem}")
            elif not self.is_over:
                self.fetched_bytes += size_bytes
                self.progress.say(number, f"{told_bytes(size_bytes)} from {self.registries.host_of(image)}")
                self.progress.done(number)
                self.store(lacking, {}, then)

        self.registries.bring(image, lacking, self.workplace.place, arrived)

    def store(self, layers: Iterable[Layer], keys: Mapping[str, Layer], then: Then) -> None:
        """Write results to the disk and go on; a disk that takes no more ends the build."""
        try:
            self.cache.keep(layers)
            for key, layer in keys.items():
                self.cache.note(key, layer)
        except OSError as error:
            self.end(f"failed to write to the cache: {error.__class__.__name__}: {error}")
        self._go_on(then)


def for_each(tasks: Iterable[Callable[[Then], object]], then: Then) -> None:
    """Begin all tasks, and go on when the last of them is done."""
    tasks = list(tasks)
    missing = len(tasks)

    def one_more() -> None:
        nonlocal missing
        missing -= 1
        if not missing:
            then()

    for task in tasks:
        task(one_more)
    if not tasks:
        then()
