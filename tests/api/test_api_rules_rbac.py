"""What is refused about roles, bindings and autoscalers, and what is filled in."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import BODIES, SERVED, ApiBench, Obj, refused, sample

GROUP = "rbac.authorization.k8s.io"
USER = {"kind": "User", "name": "ann", "apiGroup": GROUP}
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
CPU = BODIES["HorizontalPodAutoscaler"]["spec"]
TARGET = {"type": "Utilization", "averageUtilization": 50}


def rule(**fields: Any) -> Obj:
    return {"rules": [{name: value for name, value in {**PODS, **fields}.items() if value is not None}]}


def role(**fields: Any) -> Obj:
    return {"roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view", **fields}}


def subject(**fields: Any) -> Obj:
    return {**role(), "subjects": [{**USER, **fields}]}


def scaler(**fields: Any) -> Obj:
    return {"spec": {**CPU, **fields}}


def metric(**fields: Any) -> Obj:
    return scaler(metrics=[{"type": "Resource", "resource": {"name": "cpu", "target": TARGET}, **fields}])


def resource(**target: Any) -> Obj:
    return metric(resource={"name": "cpu", "target": target})


def scale_up(**fields: Any) -> Obj:
    policies = [{"type": "Pods", "value": 1, "periodSeconds": 15}]
    return scaler(behavior={"scaleUp": {"policies": policies, **fields}})


ROLES: list[tuple[str, Obj, str]] = [
    ("Role", rule(verbs=[]), "rules[0].verbs: Required value: verbs must contain at least one value"),
    ("Role", rule(apiGroups=None), "rules[0].apiGroups: Required value: resource rules must supply at least one api "
     "group"),
    ("Role", rule(resources=[]), "rules[0].resources: Required value: resource rules must supply at least one "
     "resource"),
    ("Role", {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz"]}]},
     'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'),
    ("ClusterRole", rule(nonResourceURLs=["/healthz"]),
     'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and '
     "non-resource URLs"),
    ("ClusterRole", {"rules": None, "aggregationRule": {}},
     "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if "
     "aggregationRule is non-nil"),
    ("RoleBinding", role(apiGroup="apps"),
     f'roleRef.apiGroup: Unsupported value: "apps": supported values: "{GROUP}"'),
    ("RoleBinding", role(kind="Deity"),
     'roleRef.kind: Unsupported value: "Deity": supported values: "Role", "ClusterRole"'),
    ("ClusterRoleBinding", role(kind="Role"),
     'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'),
    ("RoleBinding", role(name=""), "roleRef.name: Required value"),
    ("RoleBinding", role(name="a/b"), "roleRef.name: Invalid value: \"a/b\": may not contain '/'"),
    ("RoleBinding", subject(kind="Robot"),
     'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'),
    ("RoleBinding", subject(name=""),
     '[subjects[0].name: Required value, subjects[0].name: Invalid value: "": user name cannot be empty]'),
    ("RoleBinding", subject(apiGroup="apps"),
     f'subjects[0].apiGroup: Unsupported value: "apps": supported values: "{GROUP}"'),
    ("RoleBinding", subject(kind="ServiceAccount"),
     f'subjects[0].apiGroup: Unsupported value: "{GROUP}": supported values: ""'),
    ("ClusterRoleBinding", subject(kind="ServiceAccount", apiGroup=""), "subjects[0].namespace: Required value"),
]  # fmt: skip
SCALERS: list[tuple[Obj, str]] = [
    (scaler(minReplicas=0), "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"),
    (scaler(maxReplicas=0), "[spec.maxReplicas: Invalid value: 0: must be greater than 0, spec.maxReplicas: Invalid "
     "value: 0: must be greater than or equal to `minReplicas`]"),
    (scaler(minReplicas=5), "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"),
    (scaler(scaleTargetRef={"kind": "Deployment", "name": ""}), "spec.scaleTargetRef.name: Required value"),
    (metric(type="Luck"), 'spec.metrics[0].type: Unsupported value: "Luck": supported values: "ContainerResource", '
     '"External", "Object", "Pods", "Resource"'),
    (metric(pods={"metric": {"name": "a"}, "target": {"type": "AverageValue", "averageValue": 1}}),
     "spec.metrics[0].pods: Forbidden: must populate the given metric source only"),
    (scaler(metrics=[{"type": "Resource"}]),
     "spec.metrics[0].resource: Required value: must populate information for the given metric source"),
    (resource(type="Utilization"), "spec.metrics[0].resource.target.averageUtilization: Required value: must set "
     "either a target raw value or a target utilization"),
    (resource(type="Utilization", averageUtilization=0),
     "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0"),
    (resource(type="Often", averageUtilization=1), "spec.metrics[0].resource.target.type: Invalid value: "
     '"Often": must be either Utilization, Value, or AverageValue'),
    (resource(type="AverageValue", averageValue="-1"),
     'spec.metrics[0].resource.target.averageValue: Invalid value: "-1": must be positive'),
    (scale_up(selectPolicy="Best"), 'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Best": supported values: '
     '"Disabled", "Max", "Min"'),
    (scale_up(stabilizationWindowSeconds=3601),
     "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600"),
    (scale_up(tolerance="-10m"),
     'spec.behavior.scaleUp.tolerance: Invalid value: "-10m": must be greater than or equal to 0'),
    (scale_up(policies=[{"type": "Dozens", "value": 1, "periodSeconds": 15}]),
     'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Dozens": supported values: "Percent", "Pods"'),
    (scale_up(policies=[{"type": "Pods", "value": 0, "periodSeconds": 1801}]),
     "[spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero, "
     "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800]"),
]  # fmt: skip
BAD = [*ROLES, *(("HorizontalPodAutoscaler", changes, message) for changes, message in SCALERS)]


@pytest.mark.parametrize(("kind", "changes", "message"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_role_binding_or_autoscaler_is_refused(api: ApiBench, kind: str, changes: Obj, message: str) -> None:
    """Source: pkg/apis/{rbac,autoscaling}/validation/validation.go."""
    error = refused(api.client.create, sample(kind, **changes))

    assert error == (422, "Invalid", f'{kind}.{SERVED[kind].group} "web" is invalid: {message}')


@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_a_binding_stays_with_its_role(api: ApiBench, kind: str) -> None:
    """Source: ValidateRoleBindingUpdate; kubernetes.io, "Using RBAC Authorization", "RoleBinding and …"."""
    api.given(sample(kind))

    _, _, text = refused(api.patch, kind, "web", {"roleRef": {"name": "edit"}})

    shown = '{"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"edit"}'
    assert text == f'{kind}.{GROUP} "web" is invalid: roleRef: Invalid value: {shown}: cannot change roleRef'


def test_the_names_of_roles_may_have_colons(api: ApiBench) -> None:
    """Source: minimalNameRequirements."""
    created = api.given(sample("ClusterRole", "system:Shop_1"))

    assert created["metadata"]["name"] == "system:Shop_1"


def test_bindings_are_told_their_groups(api: ApiBench) -> None:
    """Source: pkg/apis/rbac/v1/defaults.go."""
    subjects = [{"kind": "User", "name": "ann"}, {"kind": "ServiceAccount", "name": "bot", "namespace": "default"}]
    body = {"roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": subjects}

    created = api.given(sample("RoleBinding", **body))

    assert created["roleRef"]["apiGroup"] == GROUP
    assert [subject.get("apiGroup", "") for subject in created["subjects"]] == [GROUP, ""]


def test_a_binding_shows_whom_it_binds(api: ApiBench) -> None:
    """Source: pkg/printers/internalversion/printers.go, printRoleBinding."""
    bot = {"kind": "ServiceAccount", "name": "bot", "namespace": "default"}
    subjects = [USER, {**USER, "name": "bob"}, {**USER, "kind": "Group", "name": "staff"}, bot]
    api.given(sample("RoleBinding", subjects=subjects))

    (row,) = api.client.table("RoleBinding")["rows"]

    assert row["cells"][3:] == ["ann, bob", "staff", "default/bot"]


def test_an_autoscaler_minds_the_cpu(api: ApiBench) -> None:
    """Source: pkg/apis/autoscaling/v2/defaults.go."""
    spec = api.given(sample("HorizontalPodAutoscaler"))["spec"]

    target = {"type": "Utilization", "averageUtilization": 80}
    assert spec["minReplicas"] == 1
    assert spec["metrics"] == [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def test_a_behavior_is_completed(api: ApiBench) -> None:
    """Source: as above, GenerateHPAScaleUpRules and …DownRules."""
    scale_down = {"stabilizationWindowSeconds": 60}

    behavior = api.given(sample("HorizontalPodAutoscaler", **scaler(behavior={"scaleDown": scale_down})))["spec"][
        "behavior"
    ]

    double = {"type": "Percent", "value": 100, "periodSeconds": 15}
    four = {"type": "Pods", "value": 4, "periodSeconds": 15}
    assert behavior["scaleDown"] == {"stabilizationWindowSeconds": 60, "selectPolicy": "Max", "policies": [double]}
    assert behavior["scaleUp"] == {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [four, double]}


@pytest.mark.parametrize(
    ("current", "shown"),
    [([], "cpu: <unknown>/80%"), ([{"averageUtilization": 0, "averageValue": "1m"}], "cpu: 0%/80%")],
)
def test_an_autoscaler_shows_what_it_aims_at(api: ApiBench, current: list[Obj], shown: str) -> None:
    """Source: printers.go, formatHPAMetrics."""
    api.given(sample("HorizontalPodAutoscaler"))
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "current": each}} for each in current]
    status = {"currentMetrics": metrics, "desiredReplicas": 1}
    api.patch("HorizontalPodAutoscaler", "web", {"status": status}, subresource="status")

    (row,) = api.client.table("HorizontalPodAutoscaler")["rows"]

    assert row["cells"][2] == shown
