"""kubectl describe role, clusterrole, rolebinding and clusterrolebinding.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, RoleDescriber, RoleBindingDescriber and of the cluster
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import marks
from k8slab.kubectl.rules import RULE_COLUMNS, rule_rows

__all__ = [
    "binding",
    "role",
]

Obj = dict[str, Any]


def role(client: Client, obj: Obj) -> Iterator[str]:
    """A role and its rules."""
    yield from _head(obj)
    yield "PolicyRule:"
    yield from _table(RULE_COLUMNS, rule_rows(obj.get("rules") or ()))


def binding(client: Client, obj: Obj) -> Iterator[str]:
    """A binding: which role it gives to whom."""
    yield from _head(obj)
    reference = obj["roleRef"]
    yield from ("Role:", f"  Kind:\t{reference['kind']}", f"  Name:\t{reference['name']}", "Subjects:")
    subjects = obj.get("subjects") or ()
    rows = ([subject["kind"], subject["name"], subject.get("namespace", "")] for subject in subjects)
    yield from _table(["Kind", "Name", "Namespace"], rows)


def _head(obj: Obj) -> Iterator[str]:
    """As everywhere, but without the namespace."""
    metadata = obj["metadata"]
    yield f"Name:\t{metadata['name']}"
    yield from marks(obj)


def _table(titles: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    for cells in (titles, ["-" * len(title) for title in titles], *rows):
        yield "  " + "\t".join(cells)
