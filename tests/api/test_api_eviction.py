"""Evictions: what a PodDisruptionBudget says to them, and what they leave behind.

Source: pkg/registry/core/pod/storage/eviction.go; kubernetes.io, "API-initiated Eviction".
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, refused, sample

from k8slab.wire import Response

ALLOWS = {"disruptionsAllowed": 1, "currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3}
SPENT = {"disruptionsAllowed": 0, "currentHealthy": 2, "desiredHealthy": 2, "expectedPods": 3}
PLENTY = {"disruptionsAllowed": 0, "currentHealthy": 4, "desiredHealthy": 3, "expectedPods": 4}
BROKEN = {**SPENT, "desiredHealthy": 3}
VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."
STUCK = "does not allow evicting pods currently"


def condition(reason: str, message: str = "", status: str = "False") -> Obj:
    """The one condition of a budget."""
    since = "2026-01-01T00:00:00Z"
    told = {"status": status, "reason": reason, "message": message, "lastTransitionTime": since}
    return {"conditions": [{"type": "DisruptionAllowed", **told}]}


def given_budget(api: ApiBench, status: Obj, name: str = "web", **spec: Any) -> Obj:
    """A budget of the pods `app: web`, already looked at."""
    made = api.given(sample("PodDisruptionBudget", name, spec={**sample("PodDisruptionBudget")["spec"], **spec}))
    new: Obj = api.client.update_status({**made, "status": {"observedGeneration": 1, **status}})
    return new


def given_pod(api: ApiBench, phase: str = "Running", *, ready: bool = True) -> Obj:
    """A pod on a node."""
    pod = api.given(sample("Pod", labels={"app": "web"}))
    api.client.bind(pod, "node-1")
    conditions = [{"type": "Ready", "status": str(ready)}]
    new: Obj = api.client.update_status(
        {**api.client.get("Pod", "web", "default"), "status": {"phase": phase, "conditions": conditions}}
    )
    return new


def evict(api: ApiBench, *, params: dict[str, str] | None = None, **options: Any) -> Response:
    """Ask for the eviction of the pod `web`."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}, "deleteOptions": options}
    return api.send("create", "Pod", "web", subresource="eviction", body=body, params=params or {})


def is_leaving(api: ApiBench) -> bool:
    """The pod has gone or is going."""
    (pod,) = api.client.list("Pod", "default") or [None]
    return pod is None or "deletionTimestamp" in pod["metadata"]


def test_an_eviction_is_charged_to_the_budget(api: ApiBench) -> None:
    given_pod(api)
    given_budget(api, ALLOWS)

    answer = evict(api)

    status = api.client.get("PodDisruptionBudget", "web", "default")["status"]
    assert (answer.code, answer.body["status"], is_leaving(api)) == (201, "Success", True)
    assert (status["disruptionsAllowed"], status["disruptedPods"]) == (0, {"web": "2026-01-01T00:00:00Z"})
    assert [(each["status"], each["reason"]) for each in status["conditions"]] == [("False", "InsufficientPods")]


def test_an_evicted_pod_tells_why_it_goes(api: ApiBench) -> None:
    given_pod(api)

    evict(api)

    marks = api.client.get("Pod", "web", "default")["status"]["conditions"][1]
    assert marks.pop("lastTransitionTime") and marks == {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (SPENT, "needs 2 healthy pods and has 2 currently"),
        (BROKEN, "needs 3 healthy pods and has 2 currently"),
        ({**SPENT, **condition("SyncFailed", "no scale")}, f"{STUCK} because it failed sync: no scale"),
        ({**PLENTY, **condition("SyncFailed", "no scale")}, f"{STUCK} because it failed sync: no scale"),
        ({**PLENTY, **condition("Frozen", "by hand")}, f"{STUCK} (Frozen): by hand"),
        ({**PLENTY, **condition("InsufficientPods")}, STUCK),
        ({**PLENTY, **condition("SufficientPods", "x", "True")}, STUCK),
        (PLENTY, STUCK),
    ],
)
def test_a_budget_without_rest_refuses_and_says_why(api: ApiBench, status: Obj, cause: str) -> None:
    given_pod(api)
    given_budget(api, status)

    answer = evict(api)

    details = {"causes": [{"reason": "DisruptionBudget", "message": f"The disruption budget web {cause}"}]}
    body = answer.body
    assert (answer.code, body["reason"], body["message"]) == (429, "TooManyRequests", VIOLATED)
    assert body["details"] == details and not is_leaving(api)


def test_a_budget_that_nobody_has_looked_at_refuses_for_ten_seconds(api: ApiBench) -> None:
    given_pod(api)
    given_budget(api, {**ALLOWS, "observedGeneration": 0})

    answer = evict(api)

    text = "The disruption budget web is still being processed by the server."
    details = {"causes": [{"reason": "DisruptionBudget", "message": text}], "retryAfterSeconds": 10}
    assert (answer.code, answer.body["message"], answer.body["details"]) == (429, VIOLATED, details)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ({"disruptionsAllowed": -1}, "pdb disruptions allowed is negative"),
        (
            {"disruptedPods": {f"old-{i}": "2026-01-01T00:00:00Z" for i in range(2001)}},
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
        ),
    ],
)
def test_a_budget_that_cannot_be_true_forbids(api: ApiBench, status: Obj, text: str) -> None:
    given_pod(api)
    given_budget(api, {**ALLOWS, **status})

    answer = evict(api)

    assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == f'poddisruptionbudget.policy "web" is forbidden: {text}'


@pytest.mark.parametrize(
    ("phase", "ready", "policy", "status", "code"),
    [
        ("Succeeded", False, "IfHealthyBudget", BROKEN, 201),
        ("Failed", False, "IfHealthyBudget", BROKEN, 201),
        ("Pending", False, "IfHealthyBudget", BROKEN, 201),
        ("Running", True, "IfHealthyBudget", SPENT, 429),
        ("Running", True, "AlwaysAllow", SPENT, 429),
        ("Running", False, "IfHealthyBudget", SPENT, 201),
        ("Running", False, None, SPENT, 201),
        ("Running", False, "IfHealthyBudget", BROKEN, 429),
        ("Running", False, None, BROKEN, 429),
        ("Running", False, "AlwaysAllow", BROKEN, 201),
        ("Running", False, None, {**SPENT, "desiredHealthy": 0}, 429),
    ],
)
def test_who_may_go_without_being_charged(
    api: ApiBench, phase: str, ready: bool, policy: str | None, status: Obj, code: int
) -> None:
    """Source: kubernetes.io, "Unhealthy Pod Eviction Policy"; eviction.go, canIgnorePDB."""
    given_pod(api, phase, ready=ready)
    before = given_budget(api, status, **({"unhealthyPodEvictionPolicy": policy} if policy else {}))

    answer = evict(api)

    assert (answer.code, is_leaving(api)) == (code, code == 201)
    assert api.client.get("PodDisruptionBudget", "web", "default") == before


def test_a_pod_that_is_leaving_costs_nothing(api: ApiBench) -> None:
    given_pod(api)
    given_budget(api, SPENT)
    api.client.delete("Pod", "web", "default")

    answer = evict(api, gracePeriodSeconds=5)

    assert answer.code == 201
    assert api.client.get("Pod", "web", "default")["metadata"]["deletionGracePeriodSeconds"] == 5


@pytest.mark.parametrize(
    ("selector", "code"),
    [
        ({"matchLabels": {"app": "db"}}, 201),
        ({"matchLabels": {"app": "web"}}, 429),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, 429),
        ({}, 429),
        (None, 201),
    ],
)
def test_which_pods_a_budget_covers(api: ApiBench, selector: Obj | None, code: int) -> None:
    """Source: staging/src/k8s.io/api/policy/v1/types.go, PodDisruptionBudgetSpec.Selector."""
    given_pod(api)
    given_budget(api, SPENT, selector=selector)

    assert evict(api).code == code


def test_two_budgets_for_one_pod_are_a_mistake(api: ApiBench) -> None:
    given_pod(api)
    given_budget(api, ALLOWS, "one")
    given_budget(api, ALLOWS, "two")

    answer = evict(api)

    text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    assert (answer.code, answer.body["message"], is_leaving(api)) == (500, text, False)


@pytest.mark.parametrize(("status", "code"), [(ALLOWS, 201), (SPENT, 429)])
@pytest.mark.parametrize("where", ["params", "options"])
def test_a_dry_run_only_asks(api: ApiBench, status: Obj, code: int, where: str) -> None:
    given_pod(api)
    given_budget(api, status)
    revision = api.revision

    answer = evict(api, params={"dryRun": "All"}) if where == "params" else evict(api, dryRun=["All"])

    assert (answer.code, api.revision) == (code, revision)


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
@pytest.mark.parametrize("holds", [True, False])
def test_preconditions_are_about_the_pod_as_the_caller_saw_it(api: ApiBench, field: str, holds: bool) -> None:
    pod = given_pod(api)

    answer = evict(api, preconditions={field: pod["metadata"][field] if holds else "9"})

    assert (answer.code, is_leaving(api)) == ((201, True) if holds else (409, False))
    assert (
        holds or f"precondition (9) does not match the {'UID' if field == 'uid' else 'Res'}" in answer.body["message"]
    )


def test_an_eviction_names_its_pod_twice(api: ApiBench) -> None:
    given_pod(api)
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "db"}}

    answer = api.send("create", "Pod", "web", subresource="eviction", body=body)

    assert (answer.code, answer.body["message"]) == (400, "name in URL does not match name in Eviction object")


def test_a_namespace_that_is_leaving_takes_no_evictions(api: ApiBench) -> None:
    """Source: staging/src/k8s.io/kubectl/pkg/drain/drain.go, evictPods, where this answer is expected."""
    namespace = {**sample("Namespace", "shop"), "spec": {"finalizers": ["kubernetes"]}}
    pod = sample("Pod")
    pod["metadata"]["namespace"] = "shop"
    api.given(namespace, pod)
    api.client.delete("Namespace", "shop")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web", "namespace": "shop"}}

    error = refused(api.client.evict, eviction)

    text = "unable to create new content in namespace shop because it is being terminated"
    assert error == (403, "Forbidden", f'pods "web" is forbidden: {text}')
