"""Which of several pods is asked, and which of its containers."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubectl.command import UsageError
from k8slab.kubectl.containers import chosen_container, most_telling_first

OLD, NEW = "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"


def pod(
    name: str, node: str = "node-1", phase: str = "Running", ready: str = OLD, restarts: int = 0, born: str = OLD
) -> dict[str, Any]:
    """A pod, ready since a moment ("" for not ready)."""
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ready or OLD}
    return {
        "metadata": {"name": name, "creationTimestamp": born},
        "spec": {"nodeName": node, "containers": [{"name": "web"}]},
        "status": {"phase": phase, "conditions": [condition], "containerStatuses": [{"restartCount": restarts}]},
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pod("first"), pod("second", node="")),
        (pod("first", ready=""), pod("second", phase="Pending", ready="")),
        (pod("first"), pod("second", ready="")),
        (pod("first"), pod("second", ready=NEW)),
        (pod("first", restarts=3), pod("second")),
        (pod("first"), pod("second", born=NEW)),
        (pod("first", phase="Pending", born=NEW), pod("second", node="")),
    ],
)
def test_the_pod_that_tells_most_comes_first(first: Any, second: Any) -> None:
    """Source: staging/src/k8s.io/kubectl/pkg/util/podutils/podutils.go, ByLogging."""
    assert most_telling_first([second, first]) == [first, second]


def containers(names: str, init: str = "") -> dict[str, Any]:
    """A pod with these containers."""
    spec = {"containers": [{"name": name} for name in names], "initContainers": [{"name": name} for name in init]}
    return {"metadata": {"name": "web"}, "spec": spec}


@pytest.mark.parametrize(
    ("pod", "wanted", "chosen", "said"),
    [
        (containers("a"), "", "a", ""),
        (containers("ab"), "", "a", 'Defaulted container "a" out of: a, b\n'),
        (containers("a", init="i"), "", "a", 'Defaulted container "a" out of: a, i (init)\n'),
        (containers("ab"), "b", "b", ""),
    ],
)
def test_a_container_is_chosen_and_the_choice_is_told(pod: Any, wanted: str, chosen: str, said: str) -> None:
    """Source: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/logsforobject.go."""
    assert chosen_container(pod, wanted) == (chosen, said)


def test_a_container_that_the_pod_has_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^error: container x is not valid for pod web out of: a, b, i \(init\)$"):
        chosen_container(containers("ab", init="i"), "x")
