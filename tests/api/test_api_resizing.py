"""Resizing a pod in place, as the server sees it: pods/resize.

Source: pkg/apis/core/validation/validation.go (ValidatePodResize); pkg/registry/core/pod/strategy.go
(podResizeStrategy); kubernetes.io, "Resize CPU and Memory Resources assigned to Pods".
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

from k8slab.wire import Response

MERGE = "application/strategic-merge-patch+json"
HALF = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}
FIXED = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}


def given(api: ApiBench, resources: Obj, **spec: Any) -> Obj:
    """The pod p with a container main that asks for this."""
    container = {"name": "main", "image": "nginx", "resources": resources}
    return api.given({**sample("Pod", "p"), "spec": {"containers": [container], **spec}})


def resized(api: ApiBench, resources: Obj, part: str = "containers", name: str = "main", **more: Any) -> Response:
    """The answer to an attempt to have the container take so much."""
    body = {"spec": {part: [{"name": name, "resources": resources, **more}]}}
    return api.send("patch", "Pod", "p", subresource="resize", body=body, content_type=MERGE)


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (HALF, {"requests": {"cpu": "700m"}}, {"cpu": "700m", "memory": "1Gi"}),
        (HALF, {"requests": {"cpu": "100m", "memory": "2Gi"}}, {"cpu": "100m", "memory": "2Gi"}),
        (FIXED, {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}, {"cpu": "2", "memory": "1Gi"}),
        ({"requests": {"cpu": "1"}}, {"requests": {"memory": "1Gi"}}, {"cpu": "1", "memory": "1Gi"}),
    ],
)
def test_cpu_and_memory_may_change(api: ApiBench, before: Obj, wanted: Obj, after: Obj) -> None:
    given(api, before)

    answer = resized(api, wanted)

    pod = api.client.get("Pod", "p", "default")
    assert (answer.code, pod["metadata"]["generation"]) == (200, 2)
    assert pod["spec"]["containers"][0]["resources"]["requests"] == after


@pytest.mark.parametrize(
    ("before", "wanted", "message"),
    [
        (FIXED, {"requests": {"cpu": "500m"}},
         'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing'),
        (HALF, {"requests": {"cpu": "1", "memory": "2Gi"}},
         'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'),
        ({}, {"requests": {"memory": "40Mi"}},
         'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing'),
        (HALF, {"limits": {"memory": None}},
         "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"),
        ({"requests": {"cpu": "1", "memory": "1Gi"}}, {"requests": {"cpu": None}},
         "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"),
        (HALF, {"requests": {"cpu": "2"}},
         'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'),
        (HALF, {"requests": {"ephemeral-storage": "1Gi"}},
         "spec: Forbidden: only cpu and memory resources are mutable"),
        (HALF, {"requests": {"cpu": "-1"}},
         'spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
    ],
)  # fmt: skip
def test_what_may_not_change_is_refused(api: ApiBench, before: Obj, wanted: Obj, message: str) -> None:
    given(api, before)

    answer = resized(api, wanted)

    assert answer.code == 422
    assert message in answer.body["message"]


def test_the_rest_of_the_pod_stays_as_it_is(api: ApiBench) -> None:
    """Source: dropNonResizeUpdates."""
    before = given(api, HALF)
    container = {**before["spec"]["containers"][0], "image": "other"}
    spec = {**before["spec"], "hostname": "other", "containers": [container]}
    body = {**before, "spec": spec, "metadata": {**before["metadata"], "labels": {"a": "b"}}, "status": {"phase": "x"}}

    answer = api.send("update", "Pod", "p", subresource="resize", body=body)

    assert (answer.code, answer.body) == (200, before)


def test_policies_stay_as_they_are(api: ApiBench) -> None:
    given(api, HALF)

    answer = resized(api, {}, resizePolicy=[{"resourceName": "cpu", "restartPolicy": "RestartContainer"}])

    assert answer.body["message"] == 'Pod "p" is invalid: spec: Forbidden: only cpu and memory resources are mutable'


@pytest.mark.parametrize(
    ("restart_policy", "code"), [({}, 422), ({"restartPolicy": "Always"}, 200)], ids=["init", "sidecar"]
)
def test_of_init_containers_only_sidecars(api: ApiBench, restart_policy: Obj, code: int) -> None:
    given(api, HALF, initContainers=[{"name": "i", "image": "nginx", "resources": HALF, **restart_policy}])

    assert resized(api, {"requests": {"cpu": "600m"}}, "initContainers", "i").code == code


def test_containers_may_not_be_added(api: ApiBench) -> None:
    given(api, HALF)

    answer = resized(api, HALF, name="two", image="nginx")

    text = "spec.containers: Forbidden: containers may not be added or removed on resize"
    assert text in answer.body["message"]


def test_mirrors_of_static_pods_are_left_alone(api: ApiBench) -> None:
    api.given(sample("Node", "node-1"))
    mirror = {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "file"}
    pod = {**sample("Pod", "p"), "spec": {"containers": [{"name": "main", "image": "nginx", "resources": HALF}]}}
    api.given({**pod, "metadata": {**pod["metadata"], "annotations": mirror}})

    assert "Forbidden: static pods cannot be resized" in resized(api, {"requests": {"cpu": "1"}}).body["message"]


def test_other_updates_still_change_no_resources(api: ApiBench) -> None:
    before = given(api, HALF)
    container = {**before["spec"]["containers"][0], "resources": FIXED}

    answer = api.send("update", "Pod", "p", body={**before, "spec": {**before["spec"], "containers": [container]}})

    assert answer.code == 422


@pytest.mark.parametrize(("cpu", "code"), [("900m", 200), ("1100m", 403)])
def test_a_quota_is_charged(api: ApiBench, cpu: str, code: int) -> None:
    """Source: pkg/quota/v1/evaluator/core/pods.go (Handles)."""
    quota = api.given({**sample("ResourceQuota", "q"), "spec": {"hard": {"requests.cpu": "1"}}})
    told = {"hard": {"requests.cpu": "1"}, "used": {"requests.cpu": "0"}}
    api.client.update_status({**quota, "status": told})
    given(api, {"requests": {"cpu": "500m"}})

    answer = resized(api, {"requests": {"cpu": cpu}})

    used = api.client.get("ResourceQuota", "q", "default")["status"]["used"]["requests.cpu"]
    assert (answer.code, used) == (code, cpu if code == 200 else "500m")


def test_a_limit_range_is_kept(api: ApiBench) -> None:
    """Source: plugin/pkg/admission/limitranger/admission.go (SupportsAttributes)."""
    api.given({**sample("LimitRange", "l"), "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}})
    given(api, HALF)

    answer = resized(api, {"limits": {"cpu": "2"}})

    assert (answer.code, "maximum cpu usage per Container is 1" in answer.body["message"]) == (403, True)
