"""Which place to build at: the same releases from each of them, each in a cluster of its own.

What a month of releases costs: what was counted during one (bytes on links, hosted minutes) as often as there are
releases, and what its builders rent once: a machine, a leased line that was used, a pod's part of its node.

Left out  storage in the registry; the time of who waits; what else a leased line or a machine is used for
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.world.prices import HOURS_PER_MONTH

if TYPE_CHECKING:
    from k8slab.kubeadm.releasing import Release

__all__ = [
    "Place",
    "compare",
    "table",
    "won_by_part",
    "won_per_month",
]

NOT_OF_BUILD = ("deployment", "image", "builder", "dockerfile", "source", "edit", "tries")


class Place(NamedTuple):
    """What a place is like: won a month, minutes a release, MB over links in one; or the rule that refuses it."""

    name: str
    won: float
    minutes: float
    megabytes: float
    refusal: str = ""
    release: Release | None = None


def compare(
    cluster: Any, places: Mapping[str, str | Sequence[str]], release: Mapping[str, Any], releases: int
) -> list[Place]:
    """Measure a release from each place, after a first one that fills the caches, so many of them in a month."""
    return [_measure(cluster, name, builders, release, releases) for name, builders in places.items()]


def _measure(cluster: Any, name: str, builders: str | Sequence[str], given: Mapping[str, Any], releases: int) -> Place:
    """In a fork; where a rule refuses the place, the cluster itself can tell so."""
    if refusal := _refusal(cluster, builders, given):
        return Place(name, 0.0, 0.0, 0.0, refusal)
    image, tries = given["image"], given.get("tries", 0)
    first = {**given, "image": f"{image}-first", "edit": (), "tries": min(tries, 1), "builder": builders}
    fork = cluster.fork()
    fork.release(**first)
    release: Release = fork.release(**{**given, "builder": builders})
    moved = sum(release.moved_bytes.values()) / 1e6
    return Place(name, won_per_month(release, releases), release.minutes, moved, "", release)


def _refusal(cluster: Any, builders: str | Sequence[str], given: Mapping[str, Any]) -> str:
    """The first rule that the tries or the release would break, "" when they break none."""
    names = [builders] if isinstance(builders, str) else list(builders)
    options = {name: value for name, value in given.items() if name not in NOT_OF_BUILD}
    steps = [(names[0], {**options, "push": False})] if given.get("tries") else []
    for builder, how in [*steps, (names[-1], options)]:
        if told := cluster.refusal(builder, given["image"], given["dockerfile"], given["source"], how):
            return str(told)
    return ""


def won_per_month(release: Release, releases: int) -> float:
    """What so many releases like this one cost in a month."""
    return sum(won_by_part(release, releases).values())


def won_by_part(release: Release, releases: int) -> dict[str, float]:
    """The same by what it is paid for: the `traffic` on links, the leased `line`, the `builder`."""
    bill = release.bill
    per_month = HOURS_PER_MONTH / max((bill.end - bill.start) / 3600, 1e-9)
    names = {builder.name for builder in release.builders}
    dollars = {"traffic": 0.0, "line": 0.0, "builder": 0.0}
    for line in bill.lines:
        if line.kind == "link":
            dollars["traffic"] += line.dollars * releases
        elif line.kind == "line" and _is_used(line.name, release):
            dollars["line"] += line.dollars * per_month
        elif line.kind == "build" and line.name in names:
            dollars["builder"] += line.dollars * (per_month if line.unit == "hours" else releases)
    pods = tuple(builder.pod for builder in release.builders if builder.pod)
    shares = (share for share in bill.shares if f"{share.namespace}/{share.pod}".startswith(pods or ("?",)))
    dollars["builder"] += sum(share.dollars for share in shares) * per_month
    return {part: amount * bill.prices.won_per_dollar for part, amount in dollars.items()}


def table(places: Iterable[Place]) -> str:
    """The places as a text. Their names come last: how wide a name is drawn depends on its script."""
    lines = [f"{'WON/MONTH':>10} {'MIN/RELEASE':>12} {'MB/RELEASE':>11}  PLACE"]
    for one in places:
        numbers = (f"{one.won:,.0f}", f"{one.minutes:.2f}", f"{one.megabytes:.2f}") if not one.refusal else "---"
        refusal = f": {one.refusal}" if one.refusal else ""
        lines.append(f"{numbers[0]:>10} {numbers[1]:>12} {numbers[2]:>11}  {one.name}{refusal}")
    return "\n".join(lines)


def _is_used(link: str, release: Release) -> bool:
    a, _, b = link.partition(" - ")
    return bool({f"{a} to {b}", f"{b} to {a}"} & set(release.moved_bytes))
