"""matchLabelKeys and mismatchLabelKeys end up in the selectors of a new pod."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.api.label_keys import REQUIRED, with_label_keys

Obj = dict[str, Any]

LABELS = {"app": "web", "v": "2"}
IN, NOT_IN = ({"key": "v", "operator": operator, "values": ["2"]} for operator in ("In", "NotIn"))


def a_pod(**spec: Any) -> Obj:
    """A pod with LABELS."""
    return {"metadata": {"labels": LABELS}, "spec": spec}


@pytest.mark.parametrize(
    ("term", "selector"),
    [
        ({"labelSelector": {}, "matchLabelKeys": ["v"]}, {"matchExpressions": [IN]}),
        ({"labelSelector": {}, "mismatchLabelKeys": ["v"]}, {"matchExpressions": [NOT_IN]}),
        (
            {"labelSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [NOT_IN]}, "matchLabelKeys": ["v"]},
            {"matchLabels": {"a": "b"}, "matchExpressions": [NOT_IN, IN]},
        ),
        ({"labelSelector": {}, "matchLabelKeys": ["other"]}, {}),
        ({"labelSelector": {}}, {}),
        ({"matchLabelKeys": ["v"]}, None),
    ],
)
@pytest.mark.parametrize("place", ["near", "apart", "likes", "spread"])
def test_keys_become_expressions_of_the_selector(term: Obj, selector: Obj | None, place: str) -> None:
    """Source: pkg/registry/core/pod/strategy_test.go, Test_mutatePodAffinity, Test_mutateTopologySpreadConstraints."""
    kind = "podAntiAffinity" if place == "apart" else "podAffinity"
    group = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": term}]}
    affinity = {kind: group if place == "likes" else {REQUIRED: [term]}}
    pod = a_pod(topologySpreadConstraints=[term]) if place == "spread" else a_pod(affinity=affinity)

    spec = with_label_keys(pod)["spec"]

    (found,) = spec["topologySpreadConstraints"] if place == "spread" else next(iter(spec["affinity"][kind].values()))
    found = found.get("podAffinityTerm", found)
    assert found.get("labelSelector") == selector


def test_a_pod_without_keys_stays_the_same_object() -> None:
    """Pods of one template share their spec, which the scheduler remembers."""
    pod = a_pod(topologySpreadConstraints=[{"labelSelector": {}}], affinity={"podAffinity": {REQUIRED: [{}]}})

    assert with_label_keys(pod) is pod
