"""What the server says it serves, and that it does."""

from __future__ import annotations

import pytest
from api_bench import SERVED, ApiBench, Obj

from k8slab.wire import Request

AGGREGATED = "APIGroupDiscoveryList"
SHORT = {"ConfigMap": "cm", "CronJob": "cj", "DaemonSet": "ds", "Deployment": "deploy", "Endpoints": "ep",
         "Event": "ev", "HorizontalPodAutoscaler": "hpa", "IPAddress": "ip", "Ingress": "ing", "LimitRange": "limits",
         "Namespace": "ns", "NetworkPolicy": "netpol", "Node": "no", "PersistentVolume": "pv",
         "PersistentVolumeClaim": "pvc", "Pod": "po", "PodDisruptionBudget": "pdb", "PriorityClass": "pc",
         "ReplicaSet": "rs", "ReplicationController": "rc", "ResourceQuota": "quota", "Service": "svc",
         "ServiceAccount": "sa", "StatefulSet": "sts", "StorageClass": "sc",
         "VolumeAttributesClass": "vac"}  # fmt: skip

SCALABLE = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")
WITH_STATUS = ("CronJob", "DaemonSet", "HorizontalPodAutoscaler", "Ingress", "Job", "PersistentVolume",
               "PersistentVolumeClaim", "PodDisruptionBudget", "ResourceQuota", "ServiceCIDR",
               "VolumeAttachment")  # fmt: skip
SUBRESOURCES = {
    **{kind: ["status"] for kind in WITH_STATUS},
    **{kind: ["scale", "status"] for kind in SCALABLE},
    "Namespace": ["finalize", "status"],
    "Node": ["proxy", "status"],
    "Service": ["proxy", "status"],
    "ServiceAccount": ["token"],
    "Pod": [
        "attach",
        "binding",
        "ephemeralcontainers",
        "eviction",
        "exec",
        "log",
        "portforward",
        "proxy",
        "resize",
        "status",
    ],
}


def resources(api: ApiBench) -> dict[str, Obj]:
    found = {}
    for path in ("/api", "/apis"):
        for group in api.api.handle(Request("get", path=path, accept=AGGREGATED)).body["items"]:
            for version in group["versions"]:
                found |= {entry["responseKind"]["kind"]: entry for entry in version["resources"]}
    return found


@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_discovery_is_aggregated(api: ApiBench, path: str) -> None:
    """Source: kubernetes.io, API concepts, "Aggregated discovery"."""
    body = api.api.handle(Request("get", path=path, accept=AGGREGATED)).body

    names = [group["metadata"].get("name", "") for group in body["items"]]
    assert (body["kind"], body["apiVersion"]) == ("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2")
    assert ("" in names) == (path == "/api") and ("apps" in names) == (path == "/apis")


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_what_is_said_is_what_is_served(api: ApiBench, kind: str) -> None:
    entry, served = resources(api)[kind], SERVED[kind]

    assert entry["scope"] == ("Namespaced" if served.is_namespaced else "Cluster")
    assert entry["singularResource"] == kind.lower()
    assert entry.get("shortNames", [""])[0] == SHORT.get(kind, "")
    assert [sub["subresource"] for sub in entry.get("subresources", ())] == SUBRESOURCES.get(kind, [])
    for verb in entry["verbs"]:
        assert api.send(verb, kind, "ghost", body={}).code != 405
    for subresource in entry.get("subresources", ()):
        assert api.send("get", kind, "ghost", subresource=subresource["subresource"]).body.get("details")


@pytest.mark.parametrize("name", ["Pod", "pods", "pod", "po", "PODS", "Deployment.apps", "deploy"])
def test_a_client_finds_kinds_by_any_name(api: ApiBench, name: str) -> None:
    assert api.client.list(name) == []


@pytest.mark.parametrize("subresource", ["scale", "binding", "eviction"])
def test_a_subresource_may_be_of_another_kind(api: ApiBench, subresource: str) -> None:
    """Source: api/discovery/aggregated_v2.json; without group and version it is of those around it."""
    kinds = {"scale": ("autoscaling", "v1", "Scale"), "binding": ("", "", "Binding"),
             "eviction": ("policy", "v1", "Eviction")}  # fmt: skip
    entries = [sub for entry in resources(api).values() for sub in entry.get("subresources", ())]

    found = next(entry["responseKind"] for entry in entries if entry["subresource"] == subresource)

    assert (found["group"], found["version"], found["kind"]) == kinds[subresource]
