"""From calls to a matrix of counts: rows are who asks, columns are verbs, resources, or who reads what they write.

The controllers count as the controller manager they run in, the kubelets as one. The calls of pictures are apart.

Source    kubernetes.io, "Kubernetes Components", "Communication between Nodes and the Control Plane"
Left out  reads of the api-server's own loops, which go to its store and are on no record
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from k8slab.view.calls import Call
from k8slab.view.writers import component_of

__all__ = [
    "WAYS",
    "Bypass",
    "Matrix",
    "bypass_of",
    "matrix_of",
    "reverse_calls",
]

Counts = Mapping[tuple[str, str], int]

WAYS = ("components", "resources", "verbs")
MOST_COLUMNS = 9
PICTURES = ("k8slab-view", "you-measuring")
PERSONS = ("you", "anonymous", "")
READS = ("get", "list", "watch")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
REVERSE = ("log", "exec", "attach", "portforward", "ephemeralcontainers-exec")
FIRST = ("you", "scheduler", "controller-manager", "kubelets", "kube-proxy", "api-server")
KUBELETS, REST = "kubelets", "*rest*"


class Matrix(NamedTuple):
    """Counts by row and column; `n` is how many calls (or writes) they are about, `kubelets` how many there are."""

    way: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Counts
    totals: Mapping[str, int]
    n: int
    kubelets: int = 0


class Bypass(NamedTuple):
    """Writes of components, and those by components that have read nothing: who told them?

    `is_known`: the record is long enough to tell.
    """

    writes: int
    unread: int
    names: tuple[str, ...]
    is_known: bool

    @property
    def share(self) -> float:
        """The share of writes that nothing on record explains."""
        return self.unread / self.writes if self.writes else 0.0


def party(call: Call) -> str:
    """Who asks: `you`, `scheduler`, `controller-manager`, `kubelets`, `kube-proxy` …"""
    component = component_of(call.who)
    return KUBELETS if component.startswith("node/") else component


def is_picture(call: Call) -> bool:
    """A call that only draws or measures."""
    return call.who in PICTURES


def matrix_of(calls: Iterable[Call], way: str, everything: Iterable[Call]) -> Matrix:
    """Count `calls` one way; who reads what is taken from `everything` on record."""
    calls = [call for call in calls if not is_picture(call)]
    kubelets = len({call.who for call in calls if party(call) == KUBELETS})
    columns_of: Callable[[Call], Iterable[str]]
    if way == "components":
        readers = _readers(everything)
        calls = [call for call in calls if call.is_write]
        columns_of = lambda call: readers.get(call.resource, frozenset()) - {party(call)}  # noqa: E731
    elif way == "resources":
        columns_of = lambda call: (call.resource,)  # noqa: E731
    else:
        columns_of = lambda call: (call.verb,)  # noqa: E731
    counts: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for call in calls:
        row = party(call)
        totals[row] += 1
        for column in columns_of(call):
            counts[row, column] += 1
    return _arranged(way, counts, totals, len(calls), kubelets)


def bypass_of(calls: Iterable[Call], everything: Iterable[Call], *, is_whole: bool) -> Bypass:
    """Writes of components that have read nothing through the api-server: somebody else must have told them."""
    readers = {component_of(call.who) for call in everything if call.verb in READS}
    written: Counter[str] = Counter()
    for call in calls:
        component = component_of(call.who)
        if call.is_write and component not in PERSONS and component != "api-server" and not is_picture(call):
            written[component] += 1
    unread = {name: n for name, n in written.items() if name not in readers}
    return Bypass(written.total(), sum(unread.values()), tuple(unread), is_whole or not unread)


def reverse_calls(calls: Iterable[Call]) -> int:
    """How often the api-server had to call a kubelet for somebody."""
    return sum(call.resource == "pods" and call.subresource in REVERSE for call in calls)


def _readers(calls: Iterable[Call]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for call in calls:
        if call.verb in ("list", "watch") and not is_picture(call):
            found.setdefault(call.resource, set()).add(party(call))
    return {resource: frozenset(parties - set(PERSONS)) for resource, parties in found.items()}


def _arranged(way: str, counts: Counter[tuple[str, str]], totals: Counter[str], n: int, kubelets: int) -> Matrix:
    """Known parties first, then by count; of many columns the fullest, the others as one."""
    rows = sorted(totals, key=lambda row: (_place(row, FIRST), -totals[row], row))
    sums: Counter[str] = Counter()
    for (_, column), count in counts.items():
        sums[column] += count
    order = VERBS if way == "verbs" else FIRST if way == "components" else ()
    columns = sorted(sums, key=lambda column: (_place(column, order), -sums[column], column))
    if len(columns) > MOST_COLUMNS:
        kept = columns[: MOST_COLUMNS - 1]
        folded: Counter[tuple[str, str]] = Counter()
        for (row, column), count in counts.items():
            folded[row, column if column in kept else REST] += count
        counts, columns = folded, [*kept, REST]
    return Matrix(way, tuple(rows), tuple(columns), counts, totals, n, kubelets)


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
