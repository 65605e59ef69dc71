"""Containers that are added to a pod when it is there already, to look at it."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

from k8slab.wire import Response

MERGE = "application/strategic-merge-patch+json"
PREFIX = 'Pod "p" is invalid: '


def added(api: ApiBench, *containers: Obj, verb: str = "patch", **more: Any) -> Response:
    """The answer to an attempt to add containers to the pod p."""
    body = {"spec": {"ephemeralContainers": [{"name": "debugger", "image": "busybox", **each} for each in containers]}}
    return api.send(verb, "Pod", "p", subresource="ephemeralcontainers", body={**body, **more}, content_type=MERGE)


@pytest.fixture
def debugged(api: ApiBench) -> ApiBench:
    """A pod with one such container."""
    api.client.create(sample("Pod", "p"))
    assert added(api, {"command": ["sh"]}).code == 200
    return api


def test_one_is_added_with_its_defaults(debugged: ApiBench) -> None:
    """Source: pkg/apis/core/v1/zz_generated.defaults.go: SetDefaults_Container for each of them."""
    pod = debugged.client.get("Pod", "p", "default")

    assert pod["metadata"]["generation"] == 2
    assert pod["spec"]["ephemeralContainers"] == [
        {"name": "debugger", "image": "busybox", "command": ["sh"], "resources": {}, "imagePullPolicy": "Always",
         "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
    ]  # fmt: skip


def test_the_rest_of_the_pod_stays_as_it_is(debugged: ApiBench) -> None:
    """Source: pkg/registry/core/pod/strategy.go, dropNonEphemeralContainerUpdates."""
    before = debugged.client.get("Pod", "p", "default")
    changed = {**before["spec"], "hostname": "other", "ephemeralContainers": before["spec"]["ephemeralContainers"] * 1}
    labels = {**before["metadata"], "labels": {"a": "b"}, "annotations": {"a": "b"}}
    body = {**before, "spec": changed, "metadata": labels, "status": {"phase": "Failed"}}

    answer = debugged.send("update", "Pod", "p", subresource="ephemeralcontainers", body=body)

    assert (answer.code, answer.body) == (200, before)


def test_the_pod_is_what_can_be_read_there(debugged: ApiBench) -> None:
    answer = debugged.send("get", "Pod", "p", subresource="ephemeralcontainers")

    assert answer.body == debugged.client.get("Pod", "p", "default")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "debugger", "image": "alpine"},
         'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be changed'),
        ({"name": "main"}, 'spec.ephemeralContainers[0].name: Duplicate value: "main"'),
        ({"name": "Two"}, 'spec.ephemeralContainers[0].name: Invalid value: "Two"'),
        ({"name": "two", "image": ""}, "spec.ephemeralContainers[0].image: Required value"),
        ({"name": "two", "image": " a"},
         'spec.ephemeralContainers[0].image: Invalid value: " a": must not have leading'),
        ({"name": "two", "targetContainerName": "x"},
         'spec.ephemeralContainers[0].targetContainerName: Not found: "x"'),
        ({"name": "two", "targetContainerName": "debugger"},
         'spec.ephemeralContainers[0].targetContainerName: Not found: "debugger"'),
        *(({"name": "two", field: value}, f"spec.ephemeralContainers[0].{field}: Forbidden: cannot be set for an Eph")
          for field, value in {
              "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": 1}},
              "livenessProbe": {"exec": {"command": ["ls"]}}, "readinessProbe": {"exec": {"command": ["ls"]}},
              "startupProbe": {"exec": {"command": ["ls"]}}, "restartPolicy": "Always",
              "lifecycle": {"preStop": {"exec": {"command": ["ls"]}}},
          }.items()),
        ({"name": "two", "volumeMounts": [{"name": "tmp", "mountPath": "/a", "subPath": "b"}]},
         "spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container"),
    ],
)  # fmt: skip
def test_what_cannot_be_added(debugged: ApiBench, given: Obj, message: str) -> None:
    """Source: pkg/apis/core/validation/validation.go, validateEphemeralContainers."""
    answer = added(debugged, given)

    assert answer.code == 422 and message in answer.body["message"]


def test_none_is_taken_away(debugged: ApiBench) -> None:
    pod = debugged.client.get("Pod", "p", "default")
    body = {**pod, "spec": {**pod["spec"], "ephemeralContainers": []}}

    answer = debugged.send("update", "Pod", "p", subresource="ephemeralcontainers", body=body)

    text = 'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be removed\n'
    assert (answer.code, answer.body["message"]) == (422, PREFIX + text)


def test_a_new_pod_has_none(api: ApiBench) -> None:
    pod = sample("Pod", "p")
    one = {"name": "debugger", "image": "busybox"}

    answer = api.send("create", "Pod", body={**pod, "spec": {**pod["spec"], "ephemeralContainers": [one]}})

    assert answer.body["message"] == f"{PREFIX}spec.ephemeralContainers: Forbidden: cannot be set on create"


def test_neither_has_a_template(api: ApiBench) -> None:
    """Source: validation.go, ValidatePodTemplateSpec."""
    deployment = sample("Deployment", "d")
    template = deployment["spec"]["template"]
    spec = {**template["spec"], "ephemeralContainers": [{"name": "debugger", "image": "busybox"}]}
    body = {**deployment, "spec": {**deployment["spec"], "template": {**template, "spec": spec}}}

    answer = api.send("create", "Deployment", body=body)

    assert "spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not" in answer.body["message"]


def test_the_pod_itself_is_no_way_to_add_one(debugged: ApiBench) -> None:
    pod = debugged.client.get("Pod", "p", "default")
    two = {**pod["spec"]["ephemeralContainers"][0], "name": "two"}
    body = {**pod, "spec": {**pod["spec"], "ephemeralContainers": [*pod["spec"]["ephemeralContainers"], two]}}

    answer = debugged.send("update", "Pod", "p", body=body)

    assert answer.code == 422 and "spec: Forbidden: pod updates may not change fields" in answer.body["message"]


def test_static_pods_have_none(api: ApiBench) -> None:
    pod = sample("Pod", "p")
    mirror = {**pod["metadata"], "annotations": {"kubernetes.io/config.mirror": "x"}}
    api.client.create({**pod, "metadata": mirror, "spec": {**pod["spec"], "nodeName": "node-1"}})

    answer = added(api, {})

    assert (answer.code, answer.body["message"]) == (
        422, f"{PREFIX}: Forbidden: static pods do not support ephemeral containers")  # fmt: skip


def test_the_standard_of_the_namespace_holds_for_them(debugged: ApiBench) -> None:
    """Source: pod-security-admission/admission/admission.go: pods/ephemeralcontainers are checked as pods are."""
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    debugged.client.patch("Namespace", "default", "", {"metadata": {"labels": labels}})

    answer = added(debugged, {"name": "two", "securityContext": {"privileged": True}})

    assert answer.code == 403 and 'container "two" must not set securityContext.privileged' in answer.body["message"]
