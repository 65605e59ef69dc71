"""Tables as `kubectl get` asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj, sample

CONTAINERS = ["*Containers", "*Images", "*Selector"]
TITLES = {
    "ConfigMap": ["Name", "Data", "Age"],
    "ControllerRevision": ["Name", "Controller", "Revision", "Age"],
    "DaemonSet": ["Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector", "Age",
                  *CONTAINERS],
    "CronJob": ["Name", "Schedule", "Timezone", "Suspend", "Active", "Last Schedule", "Age", *CONTAINERS],
    "Deployment": ["Name", "Ready", "Up-to-date", "Available", "Age", *CONTAINERS],
    "EndpointSlice": ["Name", "AddressType", "Ports", "Endpoints", "Age"],
    "Event": ["Last Seen", "Type", "Reason", "Object", "*Subobject", "*Source", "Message", "*First Seen", "*Count",
              "*Name"],
    "Job": ["Name", "Status", "Completions", "Duration", "Age", *CONTAINERS],
    "Lease": ["Name", "Holder", "Age"],
    "Namespace": ["Name", "Status", "Age"],
    "Node": ["Name", "Status", "Roles", "Age", "Version", "*Internal-IP", "*External-IP", "*OS-Image",
             "*Kernel-Version", "*Container-Runtime"],
    "Pod": ["Name", "Ready", "Status", "Restarts", "Age", "*IP", "*Node", "*Nominated Node", "*Readiness Gates"],
    "ReplicaSet": ["Name", "Desired", "Current", "Ready", "Age", *CONTAINERS],
    "ReplicationController": ["Name", "Desired", "Current", "Ready", "Age", *CONTAINERS],
    "Secret": ["Name", "Type", "Data", "Age"],
    "Service": ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "*Selector"],
    "StatefulSet": ["Name", "Ready", "Age", "*Containers", "*Images"],
    "CSIDriver": ["Name", "AttachRequired", "PodInfoOnMount", "StorageCapacity", "TokenRequests", "RequiresRepublish",
                  "Modes", "Age"],
    "CSINode": ["Name", "Drivers", "Age"],
    "CSIStorageCapacity": ["Name", "StorageClassName", "Capacity"],
    "ClusterRole": ["Name", "Created At"],
    "ClusterRoleBinding": ["Name", "Role", "Age", "*Users", "*Groups", "*ServiceAccounts"],
    "Endpoints": ["Name", "Endpoints", "Age"],
    "HorizontalPodAutoscaler": ["Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"],
    "IPAddress": ["Name", "ParentRef"],
    "Ingress": ["Name", "Class", "Hosts", "Address", "Ports", "Age"],
    "IngressClass": ["Name", "Controller", "Parameters", "Age"],
    "LimitRange": ["Name", "Created At"],
    "NetworkPolicy": ["Name", "Pod-Selector", "Age"],
    "PersistentVolume": ["Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass",
                         "VolumeAttributesClass", "Reason", "Age", "*VolumeMode"],
    "PersistentVolumeClaim": ["Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass",
                              "VolumeAttributesClass", "Age", "*VolumeMode"],
    "PodDisruptionBudget": ["Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"],
    "PodTemplate": ["Name", "Containers", "Images", "Pod Labels"],
    "PriorityClass": ["Name", "Value", "Global-Default", "Age", "PreemptionPolicy"],
    "ResourceQuota": ["Name", "Request", "Limit", "Age"],
    "Role": ["Name", "Created At"],
    "RoleBinding": ["Name", "Role", "Age", "*Users", "*Groups", "*ServiceAccounts"],
    "RuntimeClass": ["Name", "Handler", "Age"],
    "ServiceAccount": ["Name", "Age"],
    "ServiceCIDR": ["Name", "CIDRs", "Age"],
    "StorageClass": ["Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"],
    "VolumeAttachment": ["Name", "Attacher", "PV", "Node", "Attached", "Age"],
    "VolumeAttributesClass": ["Name", "DriverName", "Age"],
}  # fmt: skip


def cells(table: Obj) -> list[Any]:
    (row,) = table["rows"]
    found: list[Any] = row["cells"]
    return found


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_every_kind_has_the_columns_of_kubectl(api: ApiBench, kind: str) -> None:
    """Source: pkg/printers/internalversion/printers.go, AddHandlers; a star is for priority 1."""
    created = api.given(sample(kind))

    table = api.client.table(kind, fields="metadata.name=web")

    titles = ["*" * column["priority"] + column["name"] for column in table["columnDefinitions"]]
    assert titles == TITLES[kind]
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [row["object"] for row in table["rows"]] == [created]
    assert len(cells(table)) == len(titles)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("ConfigMap", ["web", 1, "90s"]),
        ("ControllerRevision", ["web", "<none>", 1, "90s"]),
        ("DaemonSet", ["web", 0, 0, 0, 0, 0, "<none>", "90s", "main", "nginx", "app=web"]),
        ("Deployment", ["web", "0/1", 0, 0, "90s", "main", "nginx", "app=web"]),
        ("EndpointSlice", ["web", "IPv4", "80", "10.0.0.1", "90s"]),
        ("Lease", ["web", "node-1", "90s"]),
        ("Namespace", ["web", "Active", "90s"]),
        ("Pod", ["web", "0/1", "Pending", "0", "90s", "<none>", "<none>", "<none>", "<none>"]),
        ("ReplicaSet", ["web", 1, 0, 0, "90s", "main", "nginx", "app=web"]),
        ("ReplicationController", ["web", 1, 0, 0, "90s", "main", "nginx", "app=web"]),
        ("Secret", ["web", "Opaque", 1, "90s"]),
        ("CSIDriver", ["web", True, False, False, "<unset>", False, "Persistent", "90s"]),
        ("CSINode", ["web", 0, "90s"]),
        ("CSIStorageCapacity", ["web", "fast", "<unset>"]),
        ("ClusterRoleBinding", ["web", "ClusterRole/view", "90s", "", "", ""]),
        ("Endpoints", ["web", "10.0.0.1:80", "90s"]),
        ("HorizontalPodAutoscaler", ["web", "Deployment/web", "cpu: <unknown>/80%", "1", 3, 0, "90s"]),
        ("IPAddress", ["web", "services/default/web"]),
        ("Ingress", ["web", "<none>", "*", "", "80", "90s"]),
        ("IngressClass", ["web", "example.com/ingress", "<none>", "90s"]),
        ("NetworkPolicy", ["web", "<none>", "90s"]),
        ("PersistentVolume", ["web", "1Gi", "RWO", "Retain", "Pending", "", "", "<unset>", "", "90s", "Filesystem"]),
        ("PersistentVolumeClaim", ["web", "Pending", "", "", "", "", "<unset>", "90s", "Filesystem"]),
        ("LimitRange", ["web", "2026-01-01T00:00:00Z"]),
        ("PodDisruptionBudget", ["web", "1", "N/A", 0, "90s"]),
        ("PodTemplate", ["web", "main", "nginx", "app=web"]),
        ("PriorityClass", ["web", 1000, False, "90s", "PreemptLowerPriority"]),
        ("ResourceQuota", ["web", "", "", "90s"]),
        ("RuntimeClass", ["web", "runc", "90s"]),
        ("ServiceAccount", ["web", "90s"]),
        ("ServiceCIDR", ["web", "10.97.0.0/16", "90s"]),
        ("StorageClass", ["web", "example.com/disk", "Delete", "Immediate", False, "90s"]),
        ("VolumeAttachment", ["web", "example.com", "disk", "node-1", False, "90s"]),
        ("VolumeAttributesClass", ["web", "example.com", "90s"]),
        ("StatefulSet", ["web", "0/1", "90s", "main", "nginx"]),
    ],
)
def test_a_fresh_object_is_shown_as_it_is(api: ApiBench, kind: str, shown: list[Any]) -> None:
    """Source: as above, print…; ages by duration.HumanDuration."""
    api.given(sample(kind))
    api.loop.run_until(api.loop.now + 90)

    table = api.client.table(kind, "default" if SERVED[kind].is_namespaced else "", "web")

    assert cells(table) == shown


@pytest.mark.parametrize(
    ("spec", "type", "external", "ports"),
    [
        ({"ports": [{"port": 80}]}, "ClusterIP", "<none>", "80/TCP"),
        ({"ports": [{"port": 53, "protocol": "UDP"}], "clusterIP": "None"}, "ClusterIP", "<none>", "53/UDP"),
        ({"ports": [{"port": 80, "nodePort": 30080}], "type": "NodePort"}, "NodePort", "<none>", "80:30080/TCP"),
        (
            {"ports": [{"port": 80, "nodePort": 30081}], "type": "LoadBalancer"},
            "LoadBalancer",
            "<pending>",
            "80:30081/TCP",
        ),
        ({"type": "ExternalName", "externalName": "db.example"}, "ExternalName", "db.example", "<none>"),
    ],
)
def test_a_service_shows_how_it_is_reached(api: ApiBench, spec: Obj, type: str, external: str, ports: str) -> None:
    """Source: printers.go, printService."""
    created = api.given(sample("Service", spec=spec))

    name, shown_type, address, shown_external, shown_ports, *_ = cells(api.client.table("Service"))

    assert (name, shown_type, shown_external, shown_ports) == ("web", type, external, ports)
    assert address == created["spec"].get("clusterIP", "<none>")


@pytest.mark.parametrize(
    ("status", "ready", "word", "restarts"),
    [
        ({"phase": "Running", "containerStatuses": [{"ready": True, "state": {"running": {}}}]}, "1/1", "Running", "0"),
        (
            {
                "phase": "Running",
                "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 3}],
            },
            "0/1",
            "CrashLoopBackOff",
            "3",
        ),
        ({"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]}, "0/1",
         "Completed", "0"),
        ({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}, "0/1", "ExitCode:3",
         "0"),
        ({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"signal": 9}}}]}, "0/1", "Signal:9", "0"),
        ({"phase": "Failed", "reason": "Evicted"}, "0/1", "Evicted", "0"),
    ],
)  # fmt: skip
def test_a_pods_life_is_told_in_one_word(api: ApiBench, status: Obj, ready: str, word: str, restarts: str) -> None:
    """Source: printers.go, printPod."""
    defaults = {"name": "main", "image": "nginx", "imageID": "", "ready": False, "restartCount": 0}
    statuses = [{**defaults, **given} for given in status.get("containerStatuses", ())]
    pod = api.given(sample("Pod"))
    api.client.update_status({**pod, "status": {**status, "qosClass": "BestEffort", "containerStatuses": statuses}})

    assert cells(api.client.table("Pod"))[:4] == ["web", ready, word, restarts]


DONE = {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
RUNNING = {"state": {"running": {}}, "started": True, "ready": True}
WAITING = {"state": {"waiting": {"reason": "PodInitializing"}}}
CRASHING = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 2}


@pytest.mark.parametrize(
    ("init", "sidecar", "main", "expected"),
    [
        ({"state": {"running": {}}}, WAITING, WAITING, ["0/2", "Init:0/2", "0"]),
        (CRASHING, WAITING, WAITING, ["0/2", "Init:CrashLoopBackOff", "2"]),
        ({"state": {"terminated": {"exitCode": 3, "reason": "Error"}}}, WAITING, WAITING, ["0/2", "Init:Error", "0"]),
        ({"state": {"terminated": {"exitCode": 3}}}, WAITING, WAITING, ["0/2", "Init:ExitCode:3", "0"]),
        (DONE, {"state": {"running": {}}, "started": False}, WAITING, ["0/2", "Init:1/2", "0"]),
        (DONE, {**RUNNING, "ready": False}, WAITING, ["0/2", "PodInitializing", "0"]),
        (DONE, RUNNING, RUNNING, ["2/2", "Running", "0"]),
        ({**DONE, "restartCount": 4}, {**RUNNING, "restartCount": 1}, RUNNING, ["2/2", "Running", "1"]),
        (DONE, RUNNING, DONE, ["1/2", "Completed", "0"]),
        (DONE, CRASHING, RUNNING, ["0/2", "Init:CrashLoopBackOff", "2"]),
    ],
)
def test_init_containers_and_sidecars_are_told_apart(
    api: ApiBench, init: Obj, sidecar: Obj, main: Obj, expected: list[str]
) -> None:
    """Source: printers.go, printPod."""
    empty = {"image": "nginx", "imageID": "", "ready": False, "restartCount": 0}
    containers = [{"name": "init", "image": "nginx"}, {"name": "side", "image": "nginx", "restartPolicy": "Always"}]
    main_container = {"name": "main", "image": "nginx"}
    pod = api.given(sample("Pod", spec={"initContainers": containers, "containers": [main_container]}))
    inits = [{**empty, "name": "init", **init}, {**empty, "name": "side", **sidecar}]
    status = {"phase": "Running", "qosClass": "BestEffort", "initContainerStatuses": inits}
    api.client.update_status({**pod, "status": {**status, "containerStatuses": [{**empty, "name": "main", **main}]}})

    assert cells(api.client.table("Pod"))[1:4] == expected


def test_a_quota_shows_what_is_used_of_it(api: ApiBench) -> None:
    """Source: printers.go, printResourceQuota."""
    hard = {"pods": "4", "requests.cpu": "2", "limits.cpu": "4", "cpu": "2", "limits.memory": "1Gi"}
    quota = api.given(sample("ResourceQuota", spec={"hard": hard}))
    api.client.update_status({**quota, "status": {"hard": hard, "used": {"pods": "1", "limits.cpu": "500m"}}})

    requests = "cpu: 0/2, pods: 1/4, requests.cpu: 0/2"
    assert cells(api.client.table("ResourceQuota"))[1:3] == [requests, "limits.cpu: 500m/4, limits.memory: 0/1Gi"]


def test_a_table_is_a_list_in_other_clothes(api: ApiBench) -> None:
    api.given(*(sample("ConfigMap", name, labels={"n": name}) for name in "abc"))
    params = {"limit": "2", "labelSelector": "n!=a", "includeObject": "Object"}

    table = api.send("list", "ConfigMap", params=params, accept="Table").body

    listed = api.send("list", "ConfigMap", params=params).body
    assert table["metadata"] == listed["metadata"]
    assert [row["object"] for row in table["rows"]] == listed["items"]


def test_a_scale_has_columns_of_its_own(api: ApiBench) -> None:
    """Source: pkg/printers/internalversion/printers.go, printScale."""
    api.given(sample("Deployment"))

    table = api.send("get", "Deployment", "web", subresource="scale", accept="Table").body

    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Desired", "Available", "Age"]
    assert table["rows"][0]["cells"] == ["web", 1, 0, "0s"]


def test_an_error_is_no_table(api: ApiBench) -> None:
    answer = api.send("get", "Pod", "ghost", accept="Table")

    assert (answer.code, answer.body["kind"]) == (404, "Status")


def test_a_table_can_be_followed_row_by_row(api: ApiBench) -> None:
    """Source: kubernetes.io, API concepts, "Receiving resources as Tables"; endpoints/handlers/response.go."""
    stream = api.send("watch", "ConfigMap", params={"resourceVersion": str(api.revision)}, accept="Table").stream
    assert stream is not None
    api.given(sample("ConfigMap"))
    api.client.delete("ConfigMap", "web", "default")

    added, deleted = stream.pull()

    assert (added.type, deleted.type) == ("ADDED", "DELETED")
    assert [row["cells"] for row in added.object["rows"]] == [["web", 1, "0s"]]
    assert [column["name"] for column in added.object["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert deleted.object["columnDefinitions"] is None


def test_a_row_that_cannot_be_followed_any_more_is_an_error(api: ApiBench) -> None:
    api.given(sample("ConfigMap"))
    api.given(sample("ConfigMap", "db"))
    api.api.compact(api.revision)
    stream = api.send("watch", "ConfigMap", params={"resourceVersion": "1"}, accept="Table").stream

    assert stream is not None and [(event.type, event.object["code"]) for event in stream.pull()] == [("ERROR", 410)]
