"""ResourceQuotas at admission: what is charged, what is refused, and in which words.

Source: plugin/pkg/admission/resourcequota/admission.go; staging/src/k8s.io/apiserver/pkg/quota/v1;
kubernetes.io, "Resource Quotas".
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, refused, sample

SMALL = {"requests": {"cpu": "250m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}
OPEN = {"type": "NodePort", "ports": [{"port": 80}]}


def given_quota(api: ApiBench, name: str = "web", used: Obj | None = None, spec: Obj | None = None, **hard: str) -> Obj:
    """A quota whose books are in order."""
    amounts = {key.replace("__", "."): value for key, value in hard.items()}
    made = api.given(sample("ResourceQuota", name, spec={"hard": amounts, **(spec or {})}))
    status = {"hard": amounts, "used": {**dict.fromkeys(amounts, "0"), **(used or {})}}
    found: Obj = api.client.update_status({**made, "status": status})
    return found


def used(api: ApiBench, name: str = "web") -> dict[str, str]:
    found: dict[str, str] = api.client.get("ResourceQuota", name, "default")["status"]["used"]
    return found


def pod(name: str = "web", **resources: Any) -> Obj:
    return sample("Pod", name, spec={"containers": [{"name": "main", "image": "nginx", "resources": resources}]})


@pytest.mark.parametrize(
    ("hard", "body", "charged"),
    [
        ({"pods": "2"}, pod(), {"pods": "1"}),
        ({"count/pods": "2"}, pod(), {"count/pods": "1"}),
        ({"cpu": "1", "limits__memory": "1Gi"}, pod(**SMALL), {"cpu": "250m", "limits.memory": "128Mi"}),
        ({"configmaps": "2"}, sample("ConfigMap"), {"configmaps": "1"}),
        ({"count/deployments.apps": "2"}, sample("Deployment"), {"count/deployments.apps": "1"}),
        ({"services__nodeports": "2", "services": "2"}, sample("Service", spec=OPEN),
         {"services.nodeports": "1", "services": "1"}),
        ({"requests__storage": "5Gi"}, sample("PersistentVolumeClaim"), {"requests.storage": "1Gi"}),
        ({"pods": "2"}, sample("ConfigMap"), {"pods": "0"}),
    ],
)  # fmt: skip
def test_what_is_let_in_is_charged_at_once(api: ApiBench, hard: dict[str, str], body: Obj, charged: Obj) -> None:
    given_quota(api, **hard)

    api.given(body)

    assert used(api) == charged


@pytest.mark.parametrize(
    ("hard", "before", "body", "told"),
    [
        ({"pods": "2"}, {"pods": "2"}, pod(), "requested: pods=1, used: pods=2, limited: pods=2"),
        ({"cpu": "1", "memory": "1Gi"}, {"cpu": "900m"}, pod(**SMALL),
         "requested: cpu=250m, used: cpu=900m, limited: cpu=1"),
        ({"cpu": "1", "memory": "64Mi", "pods": "9"}, {"cpu": "1", "memory": "32Mi"}, pod(**SMALL),
         "requested: cpu=250m,memory=64Mi, used: cpu=1,memory=32Mi, limited: cpu=1,memory=64Mi"),
        ({"count/configmaps": "1"}, {"count/configmaps": "1"}, sample("ConfigMap"),
         "requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1"),
        ({"services__nodeports": "0"}, {}, sample("Service", spec=OPEN),
         "requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0"),
    ],
)  # fmt: skip
def test_more_than_is_granted_is_refused(
    api: ApiBench, hard: dict[str, str], before: Obj, body: Obj, told: str
) -> None:
    """Source: controller.go, CheckRequest."""
    given_quota(api, used=before, **hard)
    books = used(api)

    code, reason, text = refused(api.client.create, body)

    assert (code, reason) == (403, "Forbidden")
    assert text.partition(" is forbidden: ")[2] == f"exceeded quota: web, {told}" and used(api) == books


@pytest.mark.parametrize(
    ("hard", "resources", "missing"),
    [
        ({"limits__cpu": "1"}, {}, "limits.cpu for: main"),
        ({"requests__cpu": "1", "limits__memory": "1Gi"}, {}, "limits.memory for: main; requests.cpu for: main"),
        ({"memory": "1Gi"}, {"requests": {"cpu": "1"}}, "memory for: main"),
    ],
)
def test_what_a_quota_counts_must_be_said(api: ApiBench, hard: dict[str, str], resources: Obj, missing: str) -> None:
    """Source: pods.go, Constraints; "Compute Resource Quota"."""
    given_quota(api, **hard)

    error = refused(api.client.create, pod(**resources))

    assert error == (403, "Forbidden", f'pods "web" is forbidden: failed quota: web: must specify {missing}')


def test_a_quota_that_nobody_has_counted_lets_nothing_in(api: ApiBench) -> None:
    """Source: controller.go, "status unknown for quota"."""
    made = api.given(sample("ResourceQuota"))
    api.client.update_status({**made, "status": {"hard": {"pods": "10"}, "used": {}}})

    error = refused(api.client.create, pod())

    assert error[2] == 'pods "web" is forbidden: status unknown for quota: web, resources: pods'


def test_every_quota_is_charged_or_none(api: ApiBench) -> None:
    given_quota(api, "a", pods="5")
    given_quota(api, "b", used={"pods": "1"}, pods="1")

    error = refused(api.client.create, pod())

    assert error[2].partition(" is forbidden: ")[2].startswith("exceeded quota: b,")
    assert (used(api, "a"), used(api, "b")) == ({"pods": "0"}, {"pods": "1"})


@pytest.mark.parametrize(
    ("scopes", "body", "count"),
    [
        (["BestEffort"], pod(), "1"),
        (["BestEffort"], pod(**SMALL), "0"),
        (["NotBestEffort"], pod(), "0"),
        (["NotBestEffort"], pod(**SMALL), "1"),
    ],
)
def test_a_scope_decides_who_is_charged(api: ApiBench, scopes: list[str], body: Obj, count: str) -> None:
    given_quota(api, spec={"scopes": scopes}, pods="5")

    api.given(body)

    assert used(api) == {"pods": count}


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_dry_run_is_not_charged(api: ApiBench, is_dry_run: bool) -> None:
    given_quota(api, pods="1")

    answer = api.send("create", "Pod", body=pod(), params={"dryRun": "All"} if is_dry_run else {})

    assert (answer.code, used(api)) == (201, {"pods": "0" if is_dry_run else "1"})


def test_a_bad_object_is_not_charged(api: ApiBench) -> None:
    given_quota(api, pods="1")

    refused(api.client.create, sample("Pod", spec={"containers": []}))

    assert used(api) == {"pods": "0"}


@pytest.mark.parametrize(
    ("change", "nodeports", "services"), [({"type": "NodePort"}, "1", "0"), ({"sessionAffinity": "ClientIP"}, "0", "0")]
)
def test_a_change_is_charged_for_what_it_adds(api: ApiBench, change: Obj, nodeports: str, services: str) -> None:
    """Source: controller.go: only services and claims are looked at again, and only for more than before."""
    api.given(sample("Service"))
    given_quota(api, services="5", services__nodeports="5")

    api.patch("Service", "web", {"spec": change})

    assert used(api) == {"services": services, "services.nodeports": nodeports}


@pytest.mark.parametrize(
    ("hard", "told"),
    [
        ({"requests.cpu": "2", "limits.cpu": "1"}, ["requests.cpu (2) should be less than limits.cpu (1)"]),
        ({"cpu": "2", "limits.cpu": "1500m"}, ["cpu (2) should be less than limits.cpu (1500m)"]),
        ({"cpu": "2", "requests.cpu": "1", "limits.cpu": "1"}, []),
        ({"requests.ephemeral-storage": "2Gi", "limits.ephemeral-storage": "1Gi"},
         ["requests.ephemeral-storage (2Gi) should be less than limits.ephemeral-storage (1Gi)"]),
        ({"ephemeral-storage": "2Gi", "limits.ephemeral-storage": "1Gi"}, []),
        ({"requests.memory": "1Gi", "limits.memory": "1Gi"}, []),
    ],
)  # fmt: skip
def test_a_quota_that_makes_no_sense_is_warned_of(api: ApiBench, hard: dict[str, str], told: list[str]) -> None:
    """Source: pkg/registry/core/resourcequota/strategy.go, WarningsOnCreate."""
    answer = api.send("create", "ResourceQuota", body=sample("ResourceQuota", spec={"hard": hard}))

    assert list(answer.warnings) == [f"ResourceQuota {text}" for text in told]


def test_another_namespace_has_other_books(api: ApiBench) -> None:
    api.given(sample("Namespace", "shop"))
    given_quota(api, used={"pods": "1"}, pods="1")
    body = pod()

    created = api.given({**body, "metadata": {"name": "web", "namespace": "shop"}})

    assert created["metadata"]["namespace"] == "shop" and used(api) == {"pods": "1"}
