"""What a cluster can be built of, checked before anything is built.

Source    kubernetes.io, "Considerations for large clusters": 5,000 nodes
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Literal

from k8slab.clock import Loop
from k8slab.objects import parse_quantity

__all__ = [
    "AGENTS",
    "check_nodes",
    "checked_agents",
    "checked_amount",
    "loop_of",
    "moment_of",
]

AGENTS = ("controllers", "scheduler", "kubelet", "proxy", "dns")
CALLBACKS, CALLBACKS_PER_NODE = 100_000, 20_000  # that a virtual second may cost before a loop counts as hot


def checked_amount(name: str, quantity: str) -> Fraction | int:
    """A size of a machine. Raises ValueError."""
    try:
        amount = parse_quantity(quantity)
    except ValueError as error:
        raise ValueError(f'{name} must be a quantity such as "4", "500m" or "8Gi", not {quantity!r}') from error
    if amount <= 0:
        raise ValueError(f"a machine without {name} runs nothing: {quantity!r}")
    return amount


def check_nodes(nodes: Any) -> None:
    """Raises ValueError for what is no number of machines."""
    if isinstance(nodes, bool) or not isinstance(nodes, int) or not 0 <= nodes <= 5000:
        raise ValueError(f"nodes must be a number from 0 to 5,000, not {nodes!r}")


def loop_of(shared: Loop | None, seed: int, start: float, nodes: int) -> Loop:
    """A loop of one's own, or another cluster's; it may be busier for each node."""
    budget = CALLBACKS + CALLBACKS_PER_NODE * nodes
    return Loop(seed, start, budget=budget) if shared is None else shared.joined(budget)


def moment_of(start: float | Literal["now"]) -> float:
    """When a cluster is switched on, in seconds since 1970."""
    if start != "now":
        return float(start)
    from k8slab.http import a_moment_ago  # the core does not look at the real clock

    return a_moment_ago()


def checked_agents(agents: Iterable[str]) -> tuple[str, ...]:
    """The parts of the machinery that are wanted. Raises ValueError for one that there is not."""
    wanted = tuple(agents)
    unknown = [name for name in wanted if name not in AGENTS]
    if unknown:
        raise ValueError(f'unknown agent "{unknown[0]}"; there are: {", ".join(AGENTS)}')
    return wanted
