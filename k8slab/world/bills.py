"""A bill: what a world has cost in a period, by any key, and who on a machine caused how much of its price.

A pod's part of a machine is the larger of what it asked for and what it used, of the CPU and of the memory, over the
time that it was there; if that is more than the machine, everybody's part shrinks alike. What nobody caused is idle.

Source    OpenCost specification, "Allocating node costs" (max of request and usage; idle); the split of a machine's
          price into CPU and memory by the prices of both
Left out  parts of what is no machine by label (a disk, a load balancer has its namespace and nothing more); a pod that
          has not got its sandbox yet, and one that has been refused
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from k8slab.world.ledger import Ledger, Rent, Tenant
from k8slab.world.prices import HOURS_PER_MONTH, Prices

__all__ = [
    "IDLE",
    "Bill",
    "Line",
    "Share",
    "make_bill",
]

Labels = Mapping[str, str]

IDLE, SHARED = "(idle)", "(shared)"
MACHINE, POD = "vm", "pod"
SPENT = 1e-12  # dollars that are none
NO_LABELS: Labels = MappingProxyType({})
GB = 1e9


class Line(NamedTuple):
    """One thing that was paid for: so many units of a price."""

    kind: str
    name: str
    what: str
    amount: float
    unit: str
    dollars: float
    labels: Labels = NO_LABELS


class Share(NamedTuple):
    """A pod's part of the price of a machine; the idle part has no pod."""

    node: str
    namespace: str
    pod: str
    dollars: float
    labels: Labels = NO_LABELS


class Bill:
    """What was paid from `start` to `end` (virtual seconds); `total` is in won, and so is all that `by` tells."""

    def __init__(self, lines: list[Line], shares: list[Share], start: float, end: float, prices: Prices) -> None:
        self.lines = lines
        self.shares = shares
        self.start = start
        self.end = end
        self.prices = prices

    @property
    def dollars(self) -> float:
        """All of it, in dollars."""
        return sum(line.dollars for line in self.lines)

    @property
    def total(self) -> float:
        """All of it, in won."""
        return self.dollars * self.prices.won_per_dollar

    @property
    def per_month(self) -> float:
        """Won in a month that is like the period. Raises ValueError for a period without length."""
        hours = (self.end - self.start) / 3600
        if not hours:
            raise ValueError("no time has passed: a month like it cannot be told")
        return self.total * HOURS_PER_MONTH / hours

    def by(self, key: str = "kind") -> dict[str, float]:
        """Won by `kind`, `name`, `namespace`, `pod`, `label:app`, a label of things (`zone`) or a kind (`vm`).

        By namespace, pod and label, a machine's price falls to the pods on it. The dearest comes first. Raises
        ValueError.
        """
        sums: dict[str, float] = {}
        for name, dollars in self._parts(key):
            sums[name] = sums.get(name, 0.0) + dollars * self.prices.won_per_dollar
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    def _parts(self, key: str) -> Iterable[tuple[str, float]]:
        if key == "kind":
            return ((line.kind, line.dollars) for line in self.lines)
        if key == "name":
            return ((line.name, line.dollars) for line in self.lines)
        if key in ("namespace", "pod") or key.startswith("label:"):
            return self._caused(key)
        kind = MACHINE if key in ("node", "machine") else key
        lines = [line for line in self.lines if line.kind == kind]
        if lines or kind in KINDS:
            return ((line.name, line.dollars) for line in lines)
        if any(key in line.labels for line in self.lines):
            return ((line.labels.get(key, SHARED), line.dollars) for line in self.lines)
        labels = sorted({label for line in self.lines for label in line.labels})
        known = ", ".join(["kind", "name", "namespace", "pod", "label:NAME", "node", *KINDS, *labels])
        raise ValueError(f'a bill cannot be told by "{key}"; by: {known}')

    def _caused(self, key: str) -> Iterable[tuple[str, float]]:
        told: Callable[[Share], str] = lambda share: share.namespace or IDLE  # noqa: E731
        if key == "pod":
            told = lambda share: f"{share.namespace}/{share.pod}" if share.pod else IDLE  # noqa: E731
        elif key != "namespace":
            label = key.removeprefix("label:")
            told = lambda share: share.labels.get(label, SHARED) if share.pod else IDLE  # noqa: E731
        yield from ((told(share), share.dollars) for share in self.shares)
        for line in self.lines:
            if line.kind != MACHINE:
                yield line.labels.get("namespace", SHARED) if key == "namespace" else SHARED, line.dollars

    def table(self, key: str = "") -> list[tuple[str, ...]]:
        """Rows of text with a head: every line of the bill, or won and dollars by a key."""
        rate = self.prices.won_per_dollar
        if key:
            rows = [(name, f"{won:,.0f}", f"{won / rate:,.4f}") for name, won in self.by(key).items()]
            return [(key.upper(), "WON", "DOLLARS"), *rows, ("total", f"{self.total:,.0f}", f"{self.dollars:,.4f}")]
        lines = [
            (
                one.kind,
                one.name,
                one.what,
                f"{one.amount:,.4g}",
                one.unit,
                f"{one.dollars * rate:,.0f}",
                f"{one.dollars:,.4f}",
            )
            for one in self.lines
        ]
        end = ("total", "", "", "", "", f"{self.total:,.0f}", f"{self.dollars:,.4f}")
        return [("KIND", "NAME", "WHAT", "AMOUNT", "UNIT", "WON", "DOLLARS"), *lines, end]

    def text(self, key: str = "") -> str:
        """The table as text."""
        rows = self.table(key)
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("   ".join(_padded(row, widths)).rstrip() for row in rows)

    def __repr__(self) -> str:
        hours = (self.end - self.start) / 3600
        return f"{self.text()}\n{hours:,.4g} hours, by {self.prices.source} of {self.prices.date}"


KINDS = (
    "vm", "volume", "snapshot", "bucket", "load balancer", "address", "traffic", "link", "line", "build", "registry",
)  # fmt: skip


def make_bill(ledger: Ledger, prices: Prices, start: float, end: float, counted_before: Mapping[Any, float]) -> Bill:
    """The bill of a period that ends now or before; `counted_before` is what had been counted when it began.

    Raises PriceError when something was used that has no price.
    """
    lines, shares = [], []
    for rent in ledger.rents:
        hours = rent.hours(start, end)
        if hours <= 0:
            continue
        dollars = hours * dollars_per_hour(rent, prices)
        lines.append(Line(rent.kind, rent.name, rent.what, hours, "hours", dollars, rent.labels))
        if rent.kind == MACHINE:
            shares += _shares(rent, prices, dollars, start, end)
    lines += _counted(ledger.counts_at(end) or {}, counted_before, prices)
    return Bill(_summed(lines), shares, start, end, prices)


def dollars_per_hour(rent: Rent, prices: Prices) -> float:
    """What an hour of something costs."""
    dollars = sum(_hourly(path, prices) * times for path, times in rent.parts)
    return dollars * prices["spot"] if rent.is_spot else dollars


def _hourly(path: str, prices: Prices) -> float:
    return prices[path] / HOURS_PER_MONTH if path.endswith("month") else prices[path]


def _counted(after: Mapping[Any, float], before: Mapping[Any, float], prices: Prices) -> Iterable[Line]:
    for key, amount in after.items():
        kind, name, what, price, labels = key
        amount -= before.get(key, 0.0)
        if amount > 0:
            unit = "GB" if price.endswith("gb") else price.rpartition("_")[2] + "s"
            yield Line(kind, name, what, amount, unit, amount * prices[price], dict(labels))


def _summed(lines: Iterable[Line]) -> list[Line]:
    """One line for each thing at each price: a VM that was stopped in between is one."""
    sums: dict[tuple[Any, ...], Line] = {}
    for line in lines:
        key = (line.kind, line.name, line.what, line.unit, tuple(sorted(line.labels.items())))
        had = sums.get(key)
        sums[key] = (
            line if had is None else had._replace(amount=had.amount + line.amount, dollars=had.dollars + line.dollars)
        )
    return list(sums.values())


def _shares(rent: Rent, prices: Prices, dollars: float, start: float, end: float) -> list[Share]:
    """Who caused how much of the price of a machine."""
    start, end = max(start, rent.start), end if rent.end is None else min(end, rent.end)
    parts = [(tenant, *_part(tenant, rent, start, end)) for tenant in rent.tenants]
    parts = [part for part in parts if part[1] or part[2]]
    for_cpu = dollars * prices.cpu_part(rent.cpu_m, rent.memory_bytes)
    cpu_scale = 1 / max(1.0, sum(cpu for _, cpu, _ in parts))
    memory_scale = 1 / max(1.0, sum(memory for _, _, memory in parts))
    shares = [
        Share(
            rent.name,
            tenant.namespace,
            tenant.name,
            cpu * cpu_scale * for_cpu + memory * memory_scale * (dollars - for_cpu),
            tenant.asked.labels,
        )
        for tenant, cpu, memory in parts
    ]
    idle = dollars - sum(share.dollars for share in shares)
    return [*shares, Share(rent.name, "", "", idle)] if idle > SPENT else shares


def _part(tenant: Tenant, rent: Rent, start: float, end: float) -> tuple[float, float]:
    """A pod's part of a machine's CPU and memory in a period."""
    left = rent_end(tenant, end)
    overlap_s = min(left, end) - max(tenant.start, start)
    if overlap_s <= 0 or end <= start:
        return 0.0, 0.0
    cpu_s, byte_s = tenant.used
    life_s = max(left - tenant.start, overlap_s)
    time = overlap_s / (end - start)
    cpu_m = max(tenant.asked.cpu_m, cpu_s * 1000 / life_s)
    return time * cpu_m / rent.cpu_m, time * max(tenant.asked.memory_bytes, byte_s / life_s) / rent.memory_bytes


def rent_end(tenant: Tenant, now: float) -> float:
    """When a pod left, or now."""
    return now if tenant.end is None else tenant.end


def _padded(row: tuple[str, ...], widths: list[int]) -> list[str]:
    numbers = ("AMOUNT", "WON", "DOLLARS")
    return [
        cell.rjust(width) if _is_number(cell) or cell in numbers else cell.ljust(width)
        for cell, width in zip(row, widths, strict=True)
    ]


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").replace("e+", "").replace("e-", "").isdecimal()
