"""What is refused about budgets, quotas, limit ranges and priority classes, and what is filled in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj, refused, sample

Case = tuple[str, Obj, str]

SELECTOR = {"matchLabels": {"app": "web"}}
PERCENT = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
PERCENT += "used for validation is '[0-9]+%')"
QUALIFIED = "must be a standard resource type or fully qualified"
RESERVED = "Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: "
CRITICAL = "system-cluster-critical"
EXISTS = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
EXISTS += "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
EXPRESSIONS = "spec.scopeSelector.matchExpressions"


def budget(**spec: Any) -> Obj:
    return {"spec": {"selector": SELECTOR, **spec}}


def limits(*items: Obj) -> Obj:
    return {"spec": {"limits": [{"type": "Container", **item} for item in items]}}


def quota(hard: Obj | None = None, **spec: Any) -> Obj:
    return {"spec": {"hard": {"pods": "10"} if hard is None else hard, **spec}}


def scoped(scope: str, operator: str = "Exists", values: Any = None, **hard: str) -> Obj:
    wanted = {"scopeName": scope, "operator": operator, **({} if values is None else {"values": values})}
    return quota(hard or None, scopeSelector={"matchExpressions": [wanted]})


def shown(scope: str, operator: str = "Exists", values: Any = None) -> str:
    """A selector of scopes, as the server shows its own form of it."""
    each = {"ScopeName": scope, "Operator": operator, "Values": values}
    return json.dumps({"MatchExpressions": [each]}, separators=(",", ":"))


BUDGETS: list[Case] = [
    ("PodDisruptionBudget", changes, message)
    for changes, message in [
        (budget(minAvailable=1, maxUnavailable="20%"),
         'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"web"}},"MaxUnavailable":"20%",'
         '"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set'),
        (budget(minAvailable=-1), "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"),
        (budget(maxUnavailable=-1), "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0"),
        (budget(minAvailable="half"), f'spec.minAvailable: Invalid value: "half": {PERCENT}'),
        (budget(minAvailable="101%"), 'spec.minAvailable: Invalid value: "101%": must not be greater than 100%'),
        (budget(maxUnavailable="101%"), 'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%'),
        (budget(selector={"matchExpressions": [{"key": "a", "operator": "Near"}]}),
         'spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator'),
        (budget(unhealthyPodEvictionPolicy="Never"), 'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": '
         'supported values: "AlwaysAllow", "IfHealthyBudget"'),
    ]
]  # fmt: skip
CLASSES: list[Case] = [
    ("PriorityClass", changes, message)
    for changes, message in [
        ({"value": 1_000_000_001}, "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"),
        ({"preemptionPolicy": "Maybe"}, 'preemptionPolicy: Unsupported value: "Maybe": supported values: '
         '"PreemptLowerPriority", "Never"'),
    ]
]  # fmt: skip
LIMITS: list[Case] = [
    ("LimitRange", changes, message)
    for changes, message in [
        (limits({"type": "Node"}),
         'spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified'),
        (limits({}, {}), 'spec.limits[1].type: Duplicate value: "Container"'),
        (limits({"type": "Pod", "default": {"cpu": 1}, "defaultRequest": {"cpu": 1}}),
         "[spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod', "
         "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod']"),
        (limits({"type": "PersistentVolumeClaim", "min": {"cpu": 1}}), "spec.limits[0].limits: Required value: either "
         "minimum or maximum storage value is required, but neither was provided"),
        (limits({"type": "Pod", "max": {"storage": "1Gi"}}),
         'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers'),
        (limits({"type": "Pod", "max": {"disk": "1Gi"}}),
         f'[spec.limits[0].max[disk]: Invalid value: "disk": {QUALIFIED}, '
         'spec.limits[0].max[disk]: Invalid value: "disk": must be a standard resource for containers]'),
        (limits({"type": "Pod", "max": {"requests.shop.example/gpu": 1}}), "spec.limits[0].max[requests.shop.example"
         '/gpu]: Invalid value: "requests.shop.example/gpu": doesn\'t follow extended resource name standard'),
        (limits({"type": "Pod", "min": {"cpu": 2}, "max": {"cpu": 1}}),
         'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'),
        (limits({"min": {"cpu": 2}, "defaultRequest": {"cpu": "1500m"}}), "spec.limits[0].defaultRequest[cpu]: Invalid "
         'value: "1500m": min value 2 is greater than default request value 1500m'),
        (limits({"max": {"cpu": 1}, "defaultRequest": {"cpu": 2}, "default": {"cpu": 1}}),
         '[spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than max value 1,'
         ' spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than default '
         "limit value 1]"),
        (limits({"min": {"cpu": 2}, "default": {"cpu": 1}, "defaultRequest": {"memory": "1Gi"}}),
         '[spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1,'
         ' spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1]'),
        (limits({"max": {"cpu": 1}, "default": {"cpu": 2}, "defaultRequest": {"cpu": 1}}),
         'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1'),
        (limits({"type": "Pod", "maxLimitRequestRatio": {"cpu": "500m"}}),
         'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'),
        (limits({"type": "Pod", "maxLimitRequestRatio": {"cpu": 4}, "min": {"cpu": 2}, "max": {"cpu": 3}}),
         'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "4": ratio 4 is greater than max/min = 1.500000'),
        (limits({"default": {"shop.example/gpu": 2}, "defaultRequest": {"shop.example/gpu": 1}}),
         'spec.limits[0].defaultRequest[shop.example/gpu]: Invalid value: "1": default value 2 must equal to '
         "defaultRequest value 1 in shop.example/gpu"),
    ]
]  # fmt: skip
QUOTAS: list[Case] = [
    ("ResourceQuota", changes, message)
    for changes, message in [
        (quota({"disk": 1}), f'[spec.hard[disk]: Invalid value: "disk": {QUALIFIED}, '
         'spec.hard[disk]: Invalid value: "disk": must be a standard resource for quota]'),
        (quota({"storage": "1Gi"}),
         'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota'),
        (quota({"cpu": -1}), 'spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
        (quota({"pods": "500m"}), 'spec.hard[pods]: Invalid value: "500m": must be an integer'),
        (quota({"count/jobs.batch": "1500m"}),
         'spec.hard[count/jobs.batch]: Invalid value: "1500m": must be an integer'),
        (quota(scopes=["Cheap"]), 'spec.scopes: Invalid value: ["Cheap"]: unsupported scope'),
        (quota(scopes=["BestEffort", "NotBestEffort"]),
         'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'),
        (quota(scopes=["Terminating", "NotTerminating"]),
         'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'),
        (quota({"cpu": 1}, scopes=["BestEffort"]),
         'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'),
        (quota({"secrets": 1, "shop.example/cars": 1}, scopes=["NotTerminating"]),
         'spec.scopes: Invalid value: ["NotTerminating"]: unsupported scope applied to resource'),
        (scoped("Cheap"), f'{EXPRESSIONS}.scopeName: Invalid value: "Cheap": unsupported scope'),
        (scoped("PriorityClass", services="1"),
         f"{EXPRESSIONS}: Invalid value: {shown('PriorityClass')}: unsupported scope applied to resource"),
        (scoped("BestEffort", "In", ["x"]), f'{EXPRESSIONS}.operator: Invalid value: "In": {EXISTS}'),
        (scoped("PriorityClass", "In"), f"{EXPRESSIONS}.values: Required value: must be at least one value when "
         "`operator` is 'In' or 'NotIn' for scope selector"),
        (scoped("PriorityClass", "Exists", ["x"]), f'{EXPRESSIONS}.values: Invalid value: ["x"]: must be no value when '
         "`operator` is 'Exist' or 'DoesNotExist' for scope selector"),
        (scoped("PriorityClass", "Near"),
         f'{EXPRESSIONS}.operator: Invalid value: "Near": not a valid selector operator'),
    ]
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "message"), [*BUDGETS, *CLASSES, *LIMITS, *QUOTAS],
                         ids=lambda value: str(value)[:70])  # fmt: skip
def test_a_bad_budget_class_limit_or_quota_is_refused(api: ApiBench, kind: str, changes: Obj, message: str) -> None:
    """Source: pkg/apis/{core,policy,scheduling}/validation/validation.go."""
    error = refused(api.client.create, sample(kind, **changes))

    group = f".{SERVED[kind].group}" if SERVED[kind].group else ""
    assert error == (422, "Invalid", f'{kind}{group} "web" is invalid: {message}')


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("system-shop", {}, "system-shop is not a known system priority class"),
        (CRITICAL, {}, f"value of {CRITICAL} PriorityClass must be 2000000000"),
        (
            CRITICAL,
            {"value": 2_000_000_000, "globalDefault": True},
            f"globalDefault of {CRITICAL} PriorityClass must be false",
        ),
        (CRITICAL, {"value": 2_000_000_000}, ""),
    ],
)
def test_names_that_the_system_keeps_for_itself(api: ApiBench, name: str, changes: Obj, problem: str) -> None:
    """Source: pkg/apis/scheduling/v1/helpers.go, IsKnownSystemPriorityClass."""
    body = sample("PriorityClass", name, **changes)

    answer = api.send("create", "PriorityClass", body=body)

    assert (answer.code == 201) == (not problem)
    assert not problem or answer.body["details"]["causes"][0]["message"] == RESERVED + problem


@pytest.mark.parametrize(
    ("kind", "given", "patch", "message"),
    [
        ("PriorityClass", {}, {"value": 7}, "value: Forbidden: may not be changed in an update."),
        (
            "PriorityClass",
            {},
            {"preemptionPolicy": "Never"},
            'preemptionPolicy: Invalid value: "Never": field is immutable',
        ),
        (
            "ResourceQuota",
            quota(scopes=["Terminating"]),
            {"spec": {"scopes": ["NotTerminating"]}},
            'spec.scopes: Invalid value: ["NotTerminating"]: field is immutable',
        ),
        (
            "ResourceQuota",
            quota(),
            {"spec": {"scopes": ["BestEffort"]}},
            'spec.scopes: Invalid value: ["BestEffort"]: field is immutable',
        ),
    ],
)
def test_what_may_not_change(api: ApiBench, kind: str, given: Obj, patch: Obj, message: str) -> None:
    """Source: ValidatePriorityClassUpdate, ValidateResourceQuotaUpdate."""
    api.given(sample(kind, **given))

    _, reason, text = refused(api.patch, kind, "web", patch)

    assert (reason, text.partition(" is invalid: ")[2]) == ("Invalid", message)


@pytest.mark.parametrize(
    ("kind", "given", "patch"),
    [
        ("PodDisruptionBudget", {}, {"spec": {"minAvailable": None, "maxUnavailable": "30%", "selector": None}}),
        ("PriorityClass", {}, {"description": "for the shop", "globalDefault": True}),
        ("ResourceQuota", {}, {"spec": {"hard": {"requests.nvidia.com/gpu": "4", "hugepages-2Mi": "1Gi"}}}),
        ("ResourceQuota", quota(scopes=["BestEffort", "Terminating"]), {"spec": {"hard": {"pods": "11"}}}),
        ("ResourceQuota", {}, {"spec": {"hard": {"gold.storageclass.storage.k8s.io/requests.storage": "5Gi"}}}),
        ("LimitRange", {}, {"spec": {"limits": [{"type": "shop.example/Cart", "max": {"storage": "1Gi"}}]}}),
    ],
)
def test_what_may_change(api: ApiBench, kind: str, given: Obj, patch: Obj) -> None:
    """Source: as above."""
    before = api.given(sample(kind, **given))

    assert api.patch(kind, "web", patch)["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({"max": {"cpu": "1"}}, {"default": {"cpu": "1"}, "defaultRequest": {"cpu": "1"}}),
        ({"default": {"cpu": "500m"}}, {"defaultRequest": {"cpu": "500m"}}),
        ({"min": {"cpu": "100m"}}, {"defaultRequest": {"cpu": "100m"}}),
        (
            {"min": {"cpu": "100m"}, "max": {"cpu": "2"}, "default": {"cpu": "1"}},
            {"default": {"cpu": "1"}, "defaultRequest": {"cpu": "1"}},
        ),
        ({"default": {"cpu": "1"}, "defaultRequest": {"cpu": "200m"}}, {}),
        ({"type": "Pod", "max": {"cpu": "1"}}, {}),
        ({"maxLimitRequestRatio": {"cpu": "3"}}, {}),
    ],
)
def test_a_limit_range_is_completed(api: ApiBench, given: Obj, filled: Obj) -> None:
    """Source: pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem."""
    (item,) = api.given(sample("LimitRange", **limits(given)))["spec"]["limits"]

    assert item == {"type": "Container", **given, **filled}


def test_a_priority_class_preempts(api: ApiBench) -> None:
    """Source: pkg/apis/scheduling/v1/defaults.go; the value is always told."""
    body = sample("PriorityClass")
    del body["value"]

    created = api.given(body)

    assert (created["value"], created["preemptionPolicy"]) == (0, "PreemptLowerPriority")


@pytest.mark.parametrize(
    ("kind", "name", "is_good"),
    [
        ("PodDisruptionBudget", "Web_1", True),  # ValidatePodDisruptionBudget looks at no metadata
        ("PodDisruptionBudget", "a%b", False),
        ("LimitRange", "Web_1", False),
        ("ResourceQuota", "Web_1", False),
        ("PriorityClass", "Web_1", False),
        ("ServiceAccount", "Web_1", False),
        ("ServiceAccount", "shop.web-1", True),
    ],
)
def test_the_names_they_may_have(api: ApiBench, kind: str, name: str, is_good: bool) -> None:
    """Source: the Validate…Name functions of pkg/apis/core/validation/validation.go."""
    assert (api.send("create", kind, body=sample(kind, name)).code == 201) == is_good
