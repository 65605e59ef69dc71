"""Rules for data: what may lie where, such as source that must not leave the company.

A rule names a kind of data and the sites (or kinds of sites) that may have it. A flow that ends elsewhere breaks it.

Left out  sites that data only passes through; data that comes of other data (an image holds a part of its source)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from k8slab.world.builders.progress import told_bytes
from k8slab.world.sites import KINDS, Flow, Sites

__all__ = [
    "DATA",
    "Rule",
    "Rules",
]

DATA = ("source", "image", "customer data", "packages")


class Rule(NamedTuple):
    """Data of a kind may only be at these sites, or sites of these kinds."""

    data: str
    allowed: tuple[str, ...]


class Rules:
    """All rules of one map."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._rules: dict[str, Rule] = {}

    def add(self, data: str, allowed: Iterable[str]) -> Rule:
        """Allow a kind of data at these sites (or kinds of sites) and nowhere else. Raises ValueError."""
        allowed = tuple(allowed)
        if data not in DATA:
            raise ValueError(f"data is one of {', '.join(DATA)}, not {data!r}")
        for name in allowed:
            if name not in KINDS:
                self._sites.site(name)
        self._rules[data] = Rule(data, allowed)
        return self._rules[data]

    def remove(self, data: str) -> None:
        """Allow a kind of data everywhere. Raises ValueError when there is no rule for it."""
        if self._rules.pop(data, None) is None:
            raise ValueError(
                f"there is no rule for {data!r}; there are rules for: {', '.join(self._rules) or 'nothing'}"
            )

    def broken_by(self, flow: Flow, is_planned: bool = False) -> str:
        """The sentence that says how a flow breaks a rule, "" when it does not."""
        rule = self._rules.get(flow.kind)
        if rule is None or not flow.target:
            return ""
        site = self._sites.site(flow.target)
        if site.name in rule.allowed or site.kind in rule.allowed:
            return ""
        size = f" ({told_bytes(flow.size_bytes)})" if flow.size_bytes else ""
        may = f"may only be at {', '.join(rule.allowed)}" if rule.allowed else "may be nowhere"
        return f"{rule.data} {may}: the {flow.kind} {flow.what}{size} {self._way(flow, is_planned)}"

    def audit(self) -> list[str]:
        """What has been broken so far, a sentence for each flow."""
        return [told for flow in self._sites.flows if (told := self.broken_by(flow))]

    def _way(self, flow: Flow, is_planned: bool) -> str:
        target = self._told(flow.target)
        if flow.source == flow.target:
            return f"{'is' if is_planned else 'was'} at {target}"
        return f"{'would go' if is_planned else 'went'} from {self._told(flow.source)} to {target}"

    def _told(self, place: str) -> str:
        return f"{place} ({self._sites.site(place).kind})" if place else "nowhere"
