"""What cannot be changed any more once an object is there."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import POD_SPEC, SERVED, ApiBench, Obj, refused, sample

SET = "field is immutable when `immutable` is set"
MISMATCH = "`selector` does not match template `labels`"
NEW = {"matchLabels": {"app": "db"}}
UPDATABLE = (
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
)


@pytest.mark.parametrize(
    ("kind", "before", "patch", "message"),
    [
        (
            "Deployment",
            {},
            {"spec": {"selector": NEW, "template": {"metadata": {"labels": NEW["matchLabels"]}}}},
            'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable',
        ),
        (
            "ReplicaSet",
            {},
            {"spec": {"selector": NEW}},
            f'[spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}, '
            'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable]',
        ),
        (
            "Service",
            {"spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 80}]}},
            {"spec": {"clusterIP": "10.96.0.8"}},
            'spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
        ),
        ("ConfigMap", {"immutable": True}, {"data": {"color": "blue"}}, f"data: Forbidden: {SET}"),
        ("ConfigMap", {"immutable": True}, {"immutable": False}, f"immutable: Forbidden: {SET}"),
        ("ConfigMap", {"immutable": True}, {"binaryData": {"b": "Yg=="}}, f"binaryData: Forbidden: {SET}"),
        ("Secret", {"immutable": True}, {"data": {"password": "eA=="}}, f"data: Forbidden: {SET}"),
        ("Secret", {}, {"type": "shop/key"}, 'type: Invalid value: "shop/key": field is immutable'),
        ("EndpointSlice", {"endpoints": []}, {"addressType": "IPv6"},
         'addressType: Invalid value: "IPv6": field is immutable'),
        ("Node", {}, {"spec": {"podCIDR": "10.244.9.0/24"}},
         'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'),
        ("Node", {"spec": {"providerID": "a"}}, {"spec": {"providerID": "b"}},
         'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'),
        ("Pod", {}, {"spec": {"containers": [{"name": "main", "image": ""}]}},
         "spec.containers[0].image: Required value"),
        ("Pod", {}, {"spec": {"containers": [{"name": "main", "image": "a"}, {"name": "two", "image": "b"}]}},
         "spec.containers: Forbidden: pod updates may not add or remove containers"),
        ("Pod", {"spec": {**POD_SPEC, "tolerations": [{"key": "b", "operator": "Exists"}]}},
         {"spec": {"tolerations": [{"key": "a", "operator": "Exists"}]}},
         "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"),
    ],
)  # fmt: skip
def test_some_fields_stay(api: ApiBench, kind: str, before: Obj, patch: Obj, message: str) -> None:
    """Source: pkg/apis/*/validation, Validate…Update; pkg/registry/apps/*/strategy.go, ValidateUpdate."""
    created = api.given(sample(kind, **before))
    revision = api.revision

    error = refused(api.patch, kind, "web", patch)

    qualified = f"{kind}.{SERVED[kind].group}".rstrip(".")
    assert error == (422, "Invalid", f'{qualified} "web" is invalid: {message}')
    assert (api.revision, api.client.list(kind, fields="metadata.name=web")) == (revision, [created])


@pytest.mark.parametrize(
    "patch",
    [
        {"restartPolicy": "Never"},
        {"nodeName": "node-2"},
        {"terminationGracePeriodSeconds": 5},
        {"hostname": "h"},
        {"serviceAccountName": "other"},
        {"nodeSelector": {"a": "b"}},
    ],
)
def test_a_pods_spec_stays(api: ApiBench, patch: Obj) -> None:
    """Source: pkg/apis/core/validation/validation.go, ValidatePodUpdate."""
    api.given(sample("Pod"))

    code, reason, message = refused(api.patch, "Pod", "web", {"spec": patch})

    assert (code, reason) == (422, "Invalid")
    assert message.startswith(f'Pod "web" is invalid: {UPDATABLE}')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"containers": [{"name": "main", "image": "nginx:2", "imagePullPolicy": "Always"}]}),
        ({}, {"activeDeadlineSeconds": 60}),
        ({"activeDeadlineSeconds": 60}, {"activeDeadlineSeconds": 30}),
        ({"terminationGracePeriodSeconds": -1}, {"terminationGracePeriodSeconds": 1}),
    ],
)
def test_a_few_things_about_a_pod_can_change(api: ApiBench, before: Obj, after: Obj) -> None:
    """Source: ValidatePodUpdate; a more lenient deadline is refused below."""
    api.given(sample("Pod", spec={**sample("Pod")["spec"], **before}))

    spec = api.client.patch("Pod", "web", "default", {"spec": after})["spec"]

    ((name, value),) = after.items()
    assert spec[name] == value or spec[name][0]["image"] == "nginx:2"


def test_tolerations_can_be_added_and_their_time_changed(api: ApiBench) -> None:
    tolerations = api.given(sample("Pod"))["spec"]["tolerations"]
    wanted = [{**toleration, "tolerationSeconds": 5} for toleration in tolerations]
    wanted.append({"key": "dedicated", "operator": "Exists"})

    patched = api.patch("Pod", "web", {"spec": {"tolerations": wanted}})

    assert patched["spec"]["tolerations"] == wanted


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (90, "Invalid value: 90: must be less than or equal to previous value"),
        (None, 'Invalid value: "null": must not update from a positive integer to nil value'),
    ],
)
def test_a_deadline_is_only_brought_forward(api: ApiBench, after: Any, message: str) -> None:
    api.given(sample("Pod", spec={**sample("Pod")["spec"], "activeDeadlineSeconds": 60}))

    _, _, text = refused(api.patch, "Pod", "web", {"spec": {"activeDeadlineSeconds": after}})

    assert text == f'Pod "web" is invalid: spec.activeDeadlineSeconds: {message}'


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_an_immutable_object_still_takes_labels_and_can_go(api: ApiBench, kind: str) -> None:
    """Source: kubernetes.io, "ConfigMaps", "Immutable ConfigMaps"."""
    api.given(sample(kind, immutable=True))

    patched = api.patch(kind, "web", {"metadata": {"labels": {"a": "b"}}})

    assert patched["metadata"]["labels"] == {"a": "b"}
    api.client.delete(kind, "web", "default")
    assert api.client.list(kind) == []
