"""Defaults of Deployments, ReplicaSets, EndpointSlices and Nodes."""

from __future__ import annotations

import pytest
from api_bench import ApiBench, Obj, sample


def without(spec: Obj, *names: str) -> Obj:
    return {name: value for name, value in spec.items() if name not in names}


def test_a_deployment_is_filled_in(api: ApiBench) -> None:
    """Source: pkg/apis/apps/v1/defaults.go, SetDefaults_Deployment."""
    spec = api.given(sample("Deployment"))["spec"]

    assert without(spec, "selector", "template") == {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    }


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({"type": "Recreate"}, {"type": "Recreate"}),
        ({}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}),
        (
            {"rollingUpdate": {"maxSurge": 1}},
            {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}},
        ),
        (
            {"rollingUpdate": {"maxUnavailable": 0}},
            {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
        ),
    ],
)
def test_a_strategy_is_filled_in(api: ApiBench, given: Obj, filled: Obj) -> None:
    created = api.given(sample("Deployment", spec={**sample("Deployment")["spec"], "strategy": given}))

    assert created["spec"]["strategy"] == filled


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
@pytest.mark.parametrize(("field", "value"), [("replicas", 0), ("minReadySeconds", 5)])
def test_what_is_written_into_a_workload_stays(api: ApiBench, kind: str, field: str, value: int) -> None:
    created = api.given(sample(kind, spec={**sample(kind)["spec"], field: value}))

    assert created["spec"][field] == value


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_a_template_is_filled_in_like_a_pod(api: ApiBench, kind: str) -> None:
    """Source: pkg/apis/apps/v1/zz_generated.defaults.go: the pod's spec, without what is a pod's alone."""
    template = api.given(sample(kind))["spec"]["template"]["spec"]

    assert without(template, "containers") == {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }
    assert template["containers"][0]["imagePullPolicy"] == "Always"


def test_a_replicaset_wants_one_pod(api: ApiBench) -> None:
    """Source: pkg/apis/apps/v1/defaults.go, SetDefaults_ReplicaSet; its status starts at none."""
    created = api.given(sample("ReplicaSet"))

    assert (created["spec"]["replicas"], created["status"]) == (1, {"replicas": 0})


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_labels_are_not_taken_from_the_template(api: ApiBench, kind: str) -> None:
    """Source: pkg/apis/apps/v1/defaults.go: only extensions/v1beta1 did that."""
    assert "labels" not in api.given(sample(kind))["metadata"]


def test_the_ports_of_a_slice_are_filled_in(api: ApiBench) -> None:
    """Source: pkg/apis/discovery/v1/defaults.go, SetDefaults_EndpointPort."""
    assert api.given(sample("EndpointSlice"))["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]


def test_a_nodes_address_range_is_also_a_list(api: ApiBench) -> None:
    """Source: pkg/apis/core/v1/conversion.go, Convert_v1_NodeSpec_To_core_NodeSpec."""
    spec = api.given(sample("Node"))["spec"]

    assert spec == {"podCIDR": "10.244.1.0/24", "podCIDRs": ["10.244.1.0/24"]}
