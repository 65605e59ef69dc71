"""Scheduling gates: a pod that nobody may place yet.

Source    kubernetes.io, "Pod Scheduling Readiness"; pkg/registry/core/pod/strategy.go, applySchedulingGatedCondition
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import POD_SPEC, ApiBench, sample

from k8slab.wire import Invalid

GATES = [{"name": "example.com/a"}, {"name": "example.com/b"}]


def gated(**spec: Any) -> dict[str, Any]:
    return sample("Pod") | {"spec": {**POD_SPEC, "schedulingGates": GATES, **spec}}


def test_a_gated_pod_says_why_it_waits(api: ApiBench) -> None:
    pod = api.client.create(gated())

    (condition,) = pod["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("PodScheduled", "False", "SchedulingGated")
    assert api.client.table("Pod", "default")["rows"][0]["cells"][2] == "SchedulingGated"


def test_gates_can_be_taken_away_one_by_one(api: ApiBench) -> None:
    pod = api.client.create(gated())

    for gates in (GATES[1:], []):
        pod = api.client.update({**pod, "spec": {**pod["spec"], "schedulingGates": gates}})

    assert not pod["spec"].get("schedulingGates")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedulingGates": [*GATES, {"name": "c"}]}, "only deletion is allowed, but found new scheduling gate 'c'"),
        ({"nodeName": "node-1"}, "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"),
        ({"hostname": "other"}, "pod updates may not change fields other than"),
    ],
)
def test_what_a_gated_pod_may_not_become(api: ApiBench, change: dict[str, Any], message: str) -> None:
    pod = api.client.create(gated())

    with pytest.raises(Invalid) as error:
        api.client.update({**pod, "spec": {**pod["spec"], **change}})

    assert message in str(error.value)


def test_a_gated_pod_may_be_bound_more_tightly_and_not_more_loosely(api: ApiBench) -> None:
    pod = api.client.create(gated(nodeSelector={"disk": "ssd"}))

    pod = api.client.update({**pod, "spec": {**pod["spec"], "nodeSelector": {"disk": "ssd", "zone": "a"}}})

    with pytest.raises(Invalid, match="pod updates may not change fields"):
        api.client.update({**pod, "spec": {**pod["spec"], "nodeSelector": {}}})
