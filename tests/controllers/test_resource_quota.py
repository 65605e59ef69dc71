"""The books of ResourceQuotas: what is used is what is there.

Source: pkg/controller/resourcequota/resource_quota_controller.go; pkg/quota/v1/evaluator/core;
kubernetes.io, "Resource Quotas".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bench import Bench, deployment, pod, template
from running import Nodes, Running

from k8slab.client import After, Client
from k8slab.controllers import DeploymentController, ReplicaSetController, ResourceQuotaController

Obj = dict[str, Any]

CONTROLLER = ResourceQuotaController
STATUS = "update resourcequotas/web/status"
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}


def quota(name: str = "web", **hard: str) -> Obj:
    """A quota of the namespace default; `__` stands for a dot."""
    return of("v1", "ResourceQuota", name, spec={"hard": {key.replace("__", "."): hard[key] for key in hard}})


def of(api_version: str, kind: str, name: str, **fields: Any) -> Obj:
    """An object of the namespace default."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "default"}, **fields}


def sized(name: str, phase: str = "Running", **resources: Obj) -> Obj:
    """A Pod whose container asks for something."""
    made = pod(name)
    container = {**made["spec"]["containers"][0], "resources": resources}
    return {**made, "spec": {"containers": [container]}, "status": {"phase": phase}}


def used(bench: Bench, name: str = "web") -> dict[str, str]:
    """What a quota says is used."""
    found: dict[str, str] = bench.client.get("ResourceQuota", name, "default")["status"]["used"]
    return found


SMALL = {"requests": {"cpu": "250m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}
BALANCED = {"type": "LoadBalancer", "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]}


@pytest.mark.parametrize(
    ("hard", "objs", "amounts"),
    [
        ({"pods": "9"}, [], {"pods": "0"}),
        ({"pods": "9", "cpu": "4"}, [sized("a", **SMALL), sized("b", **SMALL)], {"pods": "2", "cpu": "500m"}),
        (
            {"requests.cpu": "4", "limits.cpu": "8", "memory": "1Gi", "limits.memory": "1Gi"},
            [sized("a", **SMALL), sized("b", **SMALL)],
            {"requests.cpu": "500m", "limits.cpu": "2", "memory": "128Mi", "limits.memory": "256Mi"},
        ),
        ({"pods": "9"}, [sized(phase.lower(), phase) for phase in ("Pending", "Running", "Succeeded", "Failed")],
         {"pods": "2"}),
        ({"count/pods": "9"}, [sized("a"), sized("b", "Succeeded")], {"count/pods": "2"}),
        ({"requests.shop.example/gpu": "4"},
         [sized("a", limits={"shop.example/gpu": "2"}, requests={"shop.example/gpu": "2"})],
         {"requests.shop.example/gpu": "2"}),
        ({"services": "9", "services.nodeports": "9", "services.loadbalancers": "9"},
         [of("v1", "Service", "a", spec=BALANCED), of("v1", "Service", "b", spec={"ports": [{"port": 80}]})],
         {"services": "2", "services.nodeports": "2", "services.loadbalancers": "1"}),
        ({"persistentvolumeclaims": "9", "requests.storage": "1Ti",
          "gold.storageclass.storage.k8s.io/requests.storage": "1Ti"},
         [of("v1", "PersistentVolumeClaim", "a", spec=CLAIM),
          of("v1", "PersistentVolumeClaim", "b", spec={**CLAIM, "storageClassName": "gold"})],
         {"persistentvolumeclaims": "2", "requests.storage": "10Gi",
          "gold.storageclass.storage.k8s.io/requests.storage": "5Gi"}),
        ({"configmaps": "9", "count/secrets": "9"},
         [of("v1", "ConfigMap", "a"), of("v1", "Secret", "b"), of("v1", "Secret", "c")],
         {"configmaps": "1", "count/secrets": "2"}),
        ({"count/deployments.apps": "9", "count/replicasets.apps": "9"}, [deployment("a")],
         {"count/deployments.apps": "1", "count/replicasets.apps": "0"}),
        ({"resourcequotas": "9"}, [], {"resourcequotas": "1"}),
        ({"count/ghosts.shop.example": "9"}, [], {}),
    ],
)  # fmt: skip
def test_what_is_there_is_counted(bench: Bench, hard: dict[str, str], objs: list[Obj], amounts: dict[str, str]) -> None:
    """Source: the evaluators' Usage; "Compute Resource Quota", "Storage Resource Quota", "Object Count Quota"."""
    bench.given(*objs, quota(**hard))

    again = bench.reconcile("default/web")

    assert (bench.writes, used(bench)) == ([STATUS], amounts)
    assert again == After(300.0, background=True)


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        (["BestEffort"], ["bare", "timed"]),
        (["NotBestEffort"], ["small"]),
        (["Terminating"], ["timed"]),
        (["NotTerminating"], ["bare", "small"]),
        (["BestEffort", "NotTerminating"], ["bare"]),
    ],
)
def test_scopes_choose_the_pods(bench: Bench, scopes: list[str], names: list[str]) -> None:
    """Source: kubernetes.io, "Quota Scopes"; pods.go, podMatchesScopeFunc."""
    timed = sized("timed")
    timed["spec"]["activeDeadlineSeconds"] = 60
    for each in (sized("bare"), sized("small", **SMALL), timed):
        del each["status"]
        bench.given(each)
    limited = quota(pods="9")
    bench.given({**limited, "spec": {**limited["spec"], "scopes": scopes}})

    bench.reconcile("default/web")

    assert used(bench) == {"pods": str(len(names))}


@pytest.mark.parametrize(
    ("operator", "values", "count"),
    [("In", ["high"], 1), ("NotIn", ["high"], 1), ("Exists", None, 1), ("DoesNotExist", None, 1)],
)
def test_a_selector_chooses_by_priority(bench: Bench, operator: str, values: list[str] | None, count: int) -> None:
    """Source: pods.go, podMatchesSelector: a Pod without a class is in no class."""
    bench.given({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}})
    important = sized("important")
    important["spec"]["priorityClassName"] = "high"
    wanted = {"scopeName": "PriorityClass", "operator": operator, **({"values": values} if values else {})}
    limited = quota(pods="9")
    bench.given(important, sized("plain"))
    bench.given({**limited, "spec": {**limited["spec"], "scopeSelector": {"matchExpressions": [wanted]}}})

    bench.reconcile("default/web")

    assert used(bench) == {"pods": str(count)}


def test_a_quota_says_what_it_grants(bench: Bench) -> None:
    bench.given(quota(pods="9"))

    bench.reconcile("default/web")

    assert bench.client.get("ResourceQuota", "web", "default")["status"]["hard"] == {"pods": "9"}


def test_books_that_are_right_are_left_alone(bench: Bench) -> None:
    bench.given(sized("a", **SMALL), quota(cpu="1"))
    bench.reconcile("default/web")

    bench.reconcile("default/web")

    assert bench.writes == []


def test_a_new_grant_changes_the_books(bench: Bench) -> None:
    bench.given(sized("a", **SMALL), quota(cpu="1", pods="3"))
    bench.reconcile("default/web")
    bench.client.patch("ResourceQuota", "web", "default", {"spec": {"hard": {"cpu": None, "secrets": "5"}}})

    bench.reconcile("default/web")

    assert used(bench) == {"pods": "1", "secrets": "0"}


def test_only_the_own_namespace_counts(bench: Bench) -> None:
    far = of("v1", "ConfigMap", "far")
    far["metadata"]["namespace"] = "kube-system"
    bench.given(far, quota(configmaps="9"))

    bench.reconcile("default/web")

    assert used(bench) == {"configmaps": "0"}


def drop(client: Client) -> None:
    client.delete("ConfigMap", "a", "default")


def close(client: Client) -> None:
    client.patch("Service", "b", "default", {"spec": {"type": "ClusterIP"}})


def end(client: Client) -> None:
    client.patch_status(client.get("Pod", "c", "default"), {"phase": "Succeeded"})


@pytest.mark.parametrize(("change", "freed"), [(drop, "configmaps"), (close, "services.nodeports"), (end, "pods")])
def test_what_is_given_back_is_soon_free_again(change: Callable[[Client], None], freed: str) -> None:
    """Source: replenishment_controller.go; quota_monitor.go, UpdateFilter."""
    cluster = Running(ResourceQuotaController)
    cluster.given(of("v1", "ConfigMap", "a"), of("v1", "Service", "b", spec=BALANCED), sized("c"))
    cluster.given(quota(**{"configmaps": "2", "services.nodeports": "2", "pods": "2"}))
    cluster.run(1)
    before = used(cluster)

    change(cluster.client)
    cluster.run(1)

    assert before == {"configmaps": "1", "services.nodeports": "2", "pods": "1"}
    assert used(cluster) == {**before, freed: "0"}


def test_a_deployment_grows_to_its_quota_and_further_when_it_is_raised() -> None:
    """Source: kubernetes.io, "Resource Quotas"; replica_set.go, the condition ReplicaFailure."""
    cluster = Running(ResourceQuotaController, DeploymentController, ReplicaSetController, Nodes)
    cluster.given(quota(pods="2"))
    cluster.run(1)
    cluster.given({**deployment("web", 4), "spec": {**deployment("web", 4)["spec"], "template": template("web")}})
    cluster.run(30)
    at_first = len(cluster.client.list("Pod", "default"))

    cluster.client.patch("ResourceQuota", "web", "default", {"spec": {"hard": {"pods": "3"}}})
    cluster.run(600)

    assert (at_first, len(cluster.client.list("Pod", "default"))) == (2, 3)
    assert used(cluster) == {"pods": "3"} and cluster.failures() == []
