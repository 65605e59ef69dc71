"""Every plugin in tables of cases (`cases/`): which nodes it refuses in upstream's words, and what others get."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_cases import FACTS, all_cases, expected, judged

from k8slab.scheduler import DEFAULT_PLUGINS

Obj = dict[str, Any]


@pytest.mark.parametrize(("facts", "case"), list(all_cases()))
def test_what_a_plugin_says(facts: Obj, case: Obj) -> None:
    assert judged(facts, case) == expected(facts, case)


def test_every_default_plugin_has_cases_and_every_case_a_name_of_its_own() -> None:
    named = [(facts["plugin"], case["case"]) for facts in FACTS for case in facts["cases"]]

    assert {facts["plugin"] for facts in FACTS} == {make.name for make in DEFAULT_PLUGINS}
    assert len(set(named)) == len(named) >= 300
    assert all(facts["source"] for facts in FACTS)


def test_the_default_plugins_stand_in_upstreams_order_with_upstreams_weights() -> None:
    """Source: pkg/scheduler/apis/config/v1/default_plugins.go."""
    assert [(make.name, make.weight) for make in DEFAULT_PLUGINS] == [
        ("NodeUnschedulable", 0),
        ("NodeName", 0),
        ("TaintToleration", 3),
        ("NodeAffinity", 2),
        ("NodePorts", 0),
        ("NodeResourcesFit", 1),
        ("VolumeRestrictions", 0),
        ("NodeVolumeLimits", 0),
        ("VolumeBinding", 1),
        ("VolumeZone", 0),
        ("PodTopologySpread", 2),
        ("InterPodAffinity", 2),
        ("NodeResourcesBalancedAllocation", 1),
        ("ImageLocality", 1),
    ]
