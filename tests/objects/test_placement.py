"""Which taints a pod bears, and which nodes a term of its affinity means."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.objects import matches_node_term, tolerates

Obj = dict[str, Any]

TAINT = {"key": "disk", "value": "slow", "effect": "NoSchedule"}
DISK_SLOW = {"key": "disk", "operator": "In", "values": ["slow"]}
NAMED = {"key": "metadata.name", "operator": "In", "values": ["node-1"]}


@pytest.mark.parametrize(
    ("toleration", "covers"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "disk", "operator": "Exists"}, True),
        ({"key": "cpu", "operator": "Exists"}, False),
        ({"key": "disk", "operator": "Exists", "effect": "NoSchedule"}, True),
        ({"key": "disk", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "disk", "value": "slow"}, True),
        ({"key": "disk", "operator": "Equal", "value": "slow"}, True),
        ({"key": "disk", "value": "fast"}, False),
        ({"key": "disk"}, False),
        ({"value": "slow"}, False),
        ({"effect": "NoSchedule"}, False),
    ],
)
def test_a_toleration_covers_a_taint(toleration: Obj, covers: bool) -> None:
    """Source: kubernetes.io, "Taints and Tolerations", Concepts."""
    assert tolerates([toleration], TAINT) is covers


def test_one_toleration_is_enough_and_none_is_not() -> None:
    assert tolerates([{"key": "cpu"}, {"operator": "Exists"}], TAINT) and not tolerates([], TAINT)


@pytest.mark.parametrize(
    ("term", "means"),
    [
        ({}, False),
        ({"matchExpressions": [], "matchFields": []}, False),
        ({"matchExpressions": [DISK_SLOW]}, True),
        ({"matchFields": [NAMED]}, True),
        ({"matchFields": [NAMED], "matchExpressions": [DISK_SLOW]}, True),
        ({"matchFields": [{**NAMED, "values": ["node-2"]}], "matchExpressions": [DISK_SLOW]}, False),
        ({"matchFields": [NAMED], "matchExpressions": [{**DISK_SLOW, "operator": "NotIn"}]}, False),
    ],
)
def test_a_term_means_a_node(term: Obj, means: bool) -> None:
    """Source: kubernetes.io, "Assigning Pods to Nodes", Node affinity."""
    assert matches_node_term(term, {"disk": "slow"}, "node-1") is means
