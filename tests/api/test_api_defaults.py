"""What the server writes into the fields that nobody filled in."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

TOLERATED = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for key in ("not-ready", "unreachable")
]


def pod_with(api: ApiBench, **spec: Any) -> Any:
    return api.client.create(sample("Pod", spec={**sample("Pod")["spec"], **spec}))["spec"]


def container_with(api: ApiBench, **fields: Any) -> Any:
    (container,) = pod_with(api, containers=[{"name": "main", "image": "nginx", **fields}])["containers"]
    return container


def test_a_pod_is_filled_in(api: ApiBench) -> None:
    """Source: pkg/apis/core/v1/defaults.go, SetDefaults_PodSpec, SetDefaults_Container; the tolerations are
    those of plugin/pkg/admission/defaulttolerationseconds, priority and account of their plugins.
    """
    assert pod_with(api) == {
        "containers": [
            {
                "name": "main",
                "image": "nginx",
                "imagePullPolicy": "Always",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        "enableServiceLinks": True,
        "tolerations": TOLERATED,
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        "serviceAccount": "default",
        "serviceAccountName": "default",
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("registry.example:5000/shop/web", "Always"),
        ("registry.example:5000/shop/web:v1", "IfNotPresent"),
        ("nginx@sha256:" + "0" * 64, "IfNotPresent"),
        ("nginx:latest@sha256:" + "0" * 64, "IfNotPresent"),
    ],
)
def test_the_tag_decides_when_to_pull(api: ApiBench, image: str, policy: str) -> None:
    """Source: kubernetes.io, "Images", "Default image pull policy"; pkg/util/parsers."""
    assert container_with(api, image=image)["imagePullPolicy"] == policy


@pytest.mark.parametrize("field", ["restartPolicy", "dnsPolicy", "schedulerName"])
def test_an_empty_word_is_no_word(api: ApiBench, field: str) -> None:
    """Source: defaults.go compares with Go's zero value."""
    assert pod_with(api, **{field: ""})[field] in ("Always", "ClusterFirst", "default-scheduler")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("restartPolicy", "Never"),
        ("dnsPolicy", "Default"),
        ("schedulerName", "mine"),
        ("terminationGracePeriodSeconds", 0),
        ("enableServiceLinks", False),
        ("securityContext", {"runAsUser": 1000}),
    ],
)
def test_what_is_written_stays(api: ApiBench, field: str, value: Any) -> None:
    assert pod_with(api, **{field: value})[field] == value


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe", "startupProbe"])
@pytest.mark.parametrize(
    ("handler", "filled"),
    [
        ({"httpGet": {"port": 80}}, {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}}),
        ({"tcpSocket": {"port": "http"}}, {"tcpSocket": {"port": "http"}}),
        ({"exec": {"command": ["true"]}}, {"exec": {"command": ["true"]}}),
        ({"grpc": {"port": 9000}}, {"grpc": {"port": 9000, "service": ""}}),
    ],
)
def test_a_probe_gets_its_numbers(api: ApiBench, probe: str, handler: Obj, filled: Obj) -> None:
    """Source: kubernetes.io, "Configure Liveness, Readiness and Startup Probes"; SetDefaults_Probe."""
    numbers = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}

    assert container_with(api, **{probe: handler})[probe] == {**filled, **numbers}


@pytest.mark.parametrize(
    ("field", "default"),
    [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)],
)
def test_a_number_of_zero_is_no_number_for_a_probe(api: ApiBench, field: str, default: int) -> None:
    """Source: defaults.go, SetDefaults_Probe."""
    probe = {"tcpSocket": {"port": 80}, field: 0}

    assert container_with(api, readinessProbe=probe)["readinessProbe"][field] == default


@pytest.mark.parametrize(
    ("source", "filled"),
    [
        (
            {"fieldRef": {"fieldPath": "metadata.name"}},
            {"fieldRef": {"fieldPath": "metadata.name", "apiVersion": "v1"}},
        ),
        (
            {"resourceFieldRef": {"resource": "limits.cpu", "containerName": "main"}},
            {"resourceFieldRef": {"resource": "limits.cpu", "containerName": "main", "divisor": "0"}},
        ),
    ],
)
def test_what_a_pod_knows_of_itself_has_a_version_and_a_divisor(api: ApiBench, source: Obj, filled: Obj) -> None:
    """Source: defaults.go, SetDefaults_ObjectFieldSelector; objects of a real cluster."""
    items = [{"path": "a", **source}]
    volumes = [
        {"name": "told", "downwardAPI": {"items": items}},
        {"name": "all", "projected": {"sources": [{"downwardAPI": {"items": items}}]}},
    ]
    container = {"name": "main", "image": "nginx", "env": [{"name": "A", "valueFrom": source}]}

    spec = pod_with(api, containers=[container], volumes=volumes)

    told, every = spec["volumes"][:2]
    assert spec["containers"][0]["env"][0]["valueFrom"] == filled
    assert told["downwardAPI"]["items"] == [{"path": "a", **filled}]
    assert every["projected"]["sources"][0]["downwardAPI"]["items"] == [{"path": "a", **filled}]


def test_a_hook_asks_for_a_whole_address(api: ApiBench) -> None:
    """Source: defaults.go, SetDefaults_HTTPGetAction."""
    hooks = {"preStop": {"httpGet": {"port": 80}}, "postStart": {"exec": {"command": ["true"]}}}

    found = container_with(api, lifecycle=hooks)["lifecycle"]

    assert found == {**hooks, "preStop": {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}}}


def test_a_token_lasts_an_hour(api: ApiBench) -> None:
    """Source: defaults.go, SetDefaults_ServiceAccountTokenProjection."""
    sources = [{"serviceAccountToken": {"path": "token"}}]

    volume = pod_with(api, volumes=[{"name": "token", "projected": {"sources": sources}}])["volumes"][0]

    assert volume["projected"]["sources"][0]["serviceAccountToken"] == {"path": "token", "expirationSeconds": 3600}


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}),
        ({"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "UDP"}),
    ],
)
def test_a_port_speaks_tcp(api: ApiBench, given: Obj, filled: Obj) -> None:
    assert container_with(api, ports=[given])["ports"] == [filled]


def test_on_the_hosts_network_ports_are_the_hosts(api: ApiBench) -> None:
    """Source: defaults.go, defaultHostNetworkPorts."""
    containers = [{"name": "main", "image": "nginx", "ports": [{"containerPort": 80}]}]

    spec = pod_with(api, hostNetwork=True, containers=containers)

    assert spec["containers"][0]["ports"] == [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("given", "requests"),
    [
        ({"limits": {"cpu": "1"}}, {"cpu": "1"}),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}}, {"cpu": "100m", "memory": "1Gi"}),
        ({"requests": {"cpu": "100m"}}, {"cpu": "100m"}),
        ({"limits": {"cpu": 1, "memory": "1024Mi"}}, {"cpu": "1", "memory": "1Gi"}),
    ],
)
def test_limits_are_requests_unless_said_otherwise(api: ApiBench, given: Obj, requests: Obj) -> None:
    """Source: kubernetes.io, "Resource Management for Pods and Containers"; SetDefaults_Pod."""
    assert container_with(api, resources=given)["resources"]["requests"] == requests


def test_a_template_keeps_its_limits_alone(api: ApiBench) -> None:
    """Source: SetDefaults_Pod sets requests; a template is no pod, only SetDefaults_PodSpec is for it."""
    deployment = sample("Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1"}}

    (container,) = api.client.create(deployment)["spec"]["template"]["spec"]["containers"]

    assert container["resources"] == {"limits": {"cpu": "1"}}


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ([{"operator": "Exists"}], []),
        ([{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}], TOLERATED[1:]),
        ([{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}], TOLERATED[1:]),
        ([{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule"}], TOLERATED),
        ([{"key": "dedicated", "operator": "Exists"}], TOLERATED),
    ],
)
def test_a_pod_waits_five_minutes_for_its_node(api: ApiBench, given: list[Obj], added: list[Obj]) -> None:
    """Source: plugin/pkg/admission/defaulttolerationseconds/admission.go, Admit."""
    assert pod_with(api, tolerations=given)["tolerations"] == given + added


@pytest.mark.parametrize(
    ("volume", "filled"),
    [
        ({}, {"emptyDir": {}}),
        ({"configMap": {"name": "c"}}, {"configMap": {"name": "c", "defaultMode": 420}}),
        ({"secret": {"secretName": "s"}}, {"secret": {"secretName": "s", "defaultMode": 420}}),
        ({"hostPath": {"path": "/x"}}, {"hostPath": {"path": "/x", "type": ""}}),
        ({"downwardAPI": {"items": []}}, {"downwardAPI": {"items": [], "defaultMode": 420}}),
    ],
)
def test_a_volume_is_filled_in(api: ApiBench, volume: Obj, filled: Obj) -> None:
    """Source: SetDefaults_Volume, SetDefaults_ConfigMapVolumeSource and its like."""
    assert pod_with(api, volumes=[{"name": "v", **volume}])["volumes"] == [{"name": "v", **filled}]


@pytest.mark.parametrize(
    ("resources", "qos"),
    [
        ([{}], "BestEffort"),
        ([{"requests": {"cpu": "1"}}], "Burstable"),
        ([{"limits": {"cpu": "1"}}], "Burstable"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}}], "Guaranteed"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}}, {}], "Burstable"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}], "Burstable"),
        ([{"limits": {"ephemeral-storage": "1Gi"}}], "BestEffort"),
    ],
)
def test_a_new_pod_is_pending_and_knows_its_class(api: ApiBench, resources: list[Obj], qos: str) -> None:
    """Source: kubernetes.io, "Pod Quality of Service Classes"; qos.go, ComputePodQOS."""
    containers = [{"name": f"c{i}", "image": "nginx", "resources": given} for i, given in enumerate(resources)]

    created = api.client.create(sample("Pod", spec={"containers": containers}))

    assert created["status"] == {"phase": "Pending", "qosClass": qos}


def test_a_secrets_plain_text_is_encoded_and_wins(api: ApiBench) -> None:
    """Source: pkg/apis/core/v1/conversion.go, Convert_v1_Secret_To_core_Secret."""
    encoded = {name: base64.b64encode(text).decode() for name, text in {"a": b"new", "b": b"kept"}.items()}

    created = api.client.create(sample("Secret", data={"a": "b2xk", "b": encoded["b"]}, stringData={"a": "new"}))

    assert (created["type"], created["data"], "stringData" in created) == ("Opaque", encoded, False)
