"""Where images are made and how they come to the machines: sites, links, registries, builders, sources, rules.

Every act here is written down, so that a fork, a saved cluster and a replay have it, too. Building takes virtual time.

Left out  who may build; a build that is called off
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from k8slab.api import Api
from k8slab.clock import HotLoop, Loop, parse_duration
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone, moving_time
from k8slab.objects import size_bytes
from k8slab.world import World
from k8slab.world.builders import Build, Builder, Order, Source
from k8slab.world.rules import DATA
from k8slab.world.workshop import own_parts

if TYPE_CHECKING:
    from k8slab.world.links import Link
    from k8slab.world.sites import Flow, Site, Sites

__all__ = ["Building", "RuleBroken"]

BUILD_LIMIT_S = 24 * 3600.0
MOST_EVENTS = 5_000_000  # in a second, before it is taken for a loop without end
OF_BUILD = ("args", "target", "no_cache", "cache_from", "cache_to", "push", "reproducible")


class RuleBroken(ValueError):
    """A build was refused, because it would send data where a rule does not allow it."""


class Building:
    """What a cluster can do with images that are built."""

    api: Api
    loop: Loop
    world: World
    journal: Journal

    @property
    def sites(self) -> Sites:
        """The map: sites, links, and the data that went over them."""
        return self.world.sites

    @property
    def flows(self) -> list[Flow]:
        """The data that went from place to place, in order."""
        return list(self.world.sites.flows)

    @alone
    def site(self, name: str, kind: str, zones: Iterable[str] = ()) -> Site:
        """Put a site on the map: a laptop, a company, a cloud, a registry; machines in its `zones` stand there.

        From a site of the name `internet` a RUN loads what it `fetches`. Raises ValueError.
        """
        zones = list(zones)
        site = self.world.sites.add(name, kind, zones)
        self.journal.note(self.loop.now, "site", name=name, kind=kind, zones=zones)
        return site

    @alone
    def link(
        self,
        a: str,
        b: str,
        latency: str | float = "0s",
        bandwidth: str | int = "100M",
        back: str | int | None = None,
        price: str = "free",
    ) -> Link:
        """Lay a link between two sites: so many bytes a second (`"12.5M"`), `back` of them from b to a.

        `price` is free, internet, line (a leased one, paid by the month, too), cross-region, or a path of the table of
        prices. Raises ValueError.
        """
        back_per_s = None if back is None else _per_s(back)
        link = self.world.sites.join(a, b, parse_duration(latency), _per_s(bandwidth), back_per_s, price)
        self.journal.note(self.loop.now, "link", a=a, b=b, latency=latency, bandwidth=bandwidth, back=back, price=price)
        if price == "line":
            self.world.ledger.rent("line", link.name, "leased line", (("line.month", 1.0),))
        return link

    @alone
    def cut_link(self, a: str, b: str) -> None:
        """Cut the link between two sites: what travels over it stalls. Raises ValueError when there is none."""
        self.world.sites.links.fail(self.world.sites.link(a, b))
        self.journal.note(self.loop.now, "cut_link", a=a, b=b)

    @alone
    def heal_link(self, a: str, b: str) -> None:
        """Have a link carry again. Raises ValueError when there is none."""
        self.world.sites.links.heal(self.world.sites.link(a, b))
        self.journal.note(self.loop.now, "heal_link", a=a, b=b)

    @alone
    def registry(self, host: str, at: str, everything: bool | None = None) -> None:
        """Give a registry (`docker.io`, `registry.shop.example`) its place: pulls from it travel over the links.

        One that has not `everything` (as public ones have) holds only what was pushed to it. Raises ValueError.
        """
        self.world.registries.put(host, at, everything=everything)
        self.journal.note(self.loop.now, "registry", host=host, place=at, everything=everything)

    @alone
    def mirror(self, host: str, at: str) -> None:
        """Put a pull-through mirror of a registry at a site, for the machines and builders there. Raises ValueError."""
        self.world.registries.mirror(host, at)
        self.journal.note(self.loop.now, "mirror", host=host, place=at)

    @alone
    def builder(self, name: str, at: str = "", cores: float = 2.0, pod: str = "") -> Builder:
        """Put a builder at a place, or into a pod (`default/buildkitd`, also one of the Deployment of that name).

        With the name alone: the builder that is there. Raises ValueError.
        """
        if not at and not pod:
            return self.world.workshop.builder(name)
        builder = self.world.workshop.add_builder(name, at, cores, pod)
        if builder.kind == "company":
            self.world.ledger.rent("build", name, "own machine", own_parts(cores))
        self.journal.note(self.loop.now, "builder", name=name, place=at, cores=cores, pod=pod)
        return builder

    @alone
    def source(
        self, name: str, files: Mapping[str, str | int] | None = None, at: str = "", ignore: Iterable[str] = ()
    ) -> Source:
        """Lay a source tree down at a place: paths with sizes (`{"go.mod": "2k", "assets/": "40M"}`).

        With the name alone: the source that is there. Raises ValueError.
        """
        if files is None:
            return self.world.workshop.source(name)
        if at:
            self.world.sites.site(at)
        files, ignore = dict(files), list(ignore)
        source = self.world.workshop.sources[name] = Source(name, at, files, ignore)
        self.journal.note(self.loop.now, "source", name=name, files=files, place=at, ignore=ignore)
        return source

    @alone
    def edit(self, source: str, path: str, size: str | int | None = None) -> None:
        """Change a file of a source, or add one with its size. Raises ValueError."""
        self.world.workshop.source(source).edit(path, size)
        self.journal.note(self.loop.now, "edit", source=source, path=path, size=size)

    @alone
    def rule(self, data: str, sites: Iterable[str]) -> None:
        """Allow data of a kind (source, image, customer data, packages) at these sites, or kinds of sites, alone.

        A build that would break it is refused; `broken_rules` tells what was broken all the same. Raises ValueError.
        """
        sites = list(sites)
        self.world.workshop.rules.add(data, sites)
        self.journal.note(self.loop.now, "rule", data=data, sites=sites)

    def broken_rules(self) -> list[str]:
        """The flows that have broken a rule, a sentence for each."""
        return self.world.workshop.rules.audit()

    @alone
    def transfer(self, data: str, what: str, source: str, target: str, size: str | int) -> None:
        """Have data of a kind sent from place to place, from now on. Nobody is asked. Raises ValueError."""
        if data not in DATA:
            raise ValueError(f"data is one of {', '.join(DATA)}, not {data!r}")
        self.world.sites.send(data, what, source, target, size_bytes(size), lambda problem: None)
        self.journal.note(self.loop.now, "transfer", data=data, what=what, source=source, target=target, size=size)

    def build(self, builder: str, image: str, dockerfile: str, source: str, **options: Any) -> Build:
        """Build an image from a source and push it; time passes until that is over. Its `log` tells all.

        Options are those of `begin_build`. Raises RuleBroken when a rule forbids it, RecipeError, ValueError.
        """
        build = self.begin_build(builder, image, dockerfile, source, options)
        self.run_until_true(lambda: build.is_over, BUILD_LIMIT_S)
        return build

    @alone
    def begin_build(
        self, builder: str, image: str, dockerfile: str, source: str, options: Mapping[str, Any] | None = None
    ) -> Build:
        """Begin a build; it goes on as time does.

        Options: `args` (of ARG), `target` (a stage), `no_cache`, `cache_from`, `cache_to` (an image's name),
        `push` (True), `reproducible` (files bear no time). Raises RuleBroken, RecipeError, ValueError.
        """
        options = dict(options or {})
        chosen, order = self._ordered(builder, image, dockerfile, source, options)
        refusal = self.world.workshop.refusal(chosen, order)
        if refusal:
            raise RuleBroken(refusal)
        build = chosen.begin(order)
        what: dict[str, Any] = {
            "builder": builder,
            "image": image,
            "dockerfile": dockerfile,
            "source": source,
            "options": options,
        }
        self.journal.note(self.loop.now, "begin_build", **what)
        return build

    @alone
    def refusal(
        self, builder: str, image: str, dockerfile: str, source: str, options: Mapping[str, Any] | None = None
    ) -> str:
        """The rule that such a build would break, "" when it breaks none. Raises RecipeError, ValueError."""
        return self.world.workshop.refusal(*self._ordered(builder, image, dockerfile, source, dict(options or {})))

    def _ordered(
        self, builder: str, image: str, dockerfile: str, source: str, options: Mapping[str, Any]
    ) -> tuple[Builder, Order]:
        unknown = [name for name in options if name not in OF_BUILD]
        if unknown:
            raise ValueError(f"a build has no option {unknown[0]!r}; it has: {', '.join(OF_BUILD)}")
        chosen = self.world.workshop.builder(builder)
        return chosen, chosen.order(image, dockerfile, self.world.workshop.source(source), **options)

    def run_until_true(self, is_over: Callable[[], bool], limit: str | float) -> bool:
        """Let time pass until something is so, at most so long; whether it is. It is looked at after each event.

        Raises ValueError for no duration, HotLoop.
        """
        deadline, second, spent = self.loop.now + parse_duration(limit), self.loop.now, 0
        self._end_moment()
        with moving_time(self.api.audit):
            while not is_over() and self.loop.now < deadline and self.loop.step():
                second, spent = (self.loop.now, 0) if self.loop.now >= second + 1 else (second, spent + 1)
                if spent > MOST_EVENTS:
                    raise HotLoop(f"more than {MOST_EVENTS:,} callbacks in one second of virtual time")
            self.loop.run_until(self.loop.now)  # what else is due at this moment
        return is_over()

    def _end_moment(self) -> None:
        raise NotImplementedError


def _per_s(amount: str | int) -> float:
    return float(size_bytes(amount.removesuffix("/s") if isinstance(amount, str) else amount))
