"""Environment and command line of a container."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.kubelet.environment import ConfigError, Where, container_config
from k8slab.kubelet.service_links import variables
from k8slab.wire import ApiError
from k8slab.world import ContainerConfig

STORED = {
    ("ConfigMap", "default", "colors"): {"data": {"sky": "blue", "sun": "yellow"}},
    ("Secret", "default", "keys"): {"data": {"door": "b3Blbg=="}},
}
POD: Any = {
    "metadata": {"name": "web-1", "namespace": "default", "labels": {"app": "web"}, "uid": "u1"},
    "spec": {"nodeName": "node-1"},
}


def described(**spec: Any) -> ContainerConfig | ConfigError:
    """Describe a container of the pod."""

    def lookup(kind: str, namespace: str, name: str) -> Any:
        return STORED.get((kind, namespace, name))

    where = Where("10.244.1.2", "192.168.0.10", {"cpu": "4", "memory": "8Gi"}, {"WEB_SERVICE_HOST": "10.96.0.7"})
    return container_config(POD, {"name": "main", "image": "nginx", **spec}, where, lookup)


def asked(resource: str, divisor: str = "") -> Any:
    """A variable that tells a request or limit of its own container."""
    return {"valueFrom": {"resourceFieldRef": {"resource": resource, "divisor": divisor}}}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"value": "plain"}, "plain"),
        ({}, ""),
        ({"value": "$(HOSTNAME) $(A) $(B) $$(A)"}, "$(HOSTNAME) first $(B) $(A)"),
        ({"value": "http://$(WEB_SERVICE_HOST)"}, "http://10.96.0.7"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, "web-1"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}}, "web"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}, "node-1"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, "10.244.1.2"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}, "192.168.0.10"),
        ({"valueFrom": {"configMapKeyRef": {"name": "colors", "key": "sky"}}}, "blue"),
        ({"valueFrom": {"secretKeyRef": {"name": "keys", "key": "door"}}}, "open"),
        ({"valueFrom": {"configMapKeyRef": {"name": "x", "key": "y", "optional": True}}}, None),
        ({"valueFrom": {"secretKeyRef": {"name": "keys", "key": "window", "optional": True}}}, None),
        (asked("limits.cpu"), "2"),
        (asked("limits.cpu", "1m"), "1500"),
        (asked("requests.cpu"), "0"),
        (asked("requests.memory", "1Mi"), "64"),
        (asked("limits.memory", "1Gi"), "8"),
    ],
)
def test_a_variable_gets_its_value_from_its_source(source: Any, value: str | None) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables; kubernetes.io, "Downward API"."""
    resources = {"limits": {"cpu": "1500m"}, "requests": {"memory": "64Mi"}}
    config = described(env=[{"name": "A", "value": "first"}, {"name": "X", **source}], resources=resources)

    assert isinstance(config, ContainerConfig)
    assert config.env.get("X") == value


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"envFrom": [{"configMapRef": {"name": "nope"}}]}, 'configmap "nope" not found'),
        ({"envFrom": [{"secretRef": {"name": "nope"}}]}, 'secret "nope" not found'),
        (
            {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "colors", "key": "sea"}}}]},
            "couldn't find key sea in ConfigMap default/colors",
        ),
        (
            {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "window"}}}]},
            "couldn't find key window in Secret default/keys",
        ),
        ({"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "no", "key": "a"}}}]}, 'secret "no" not found'),
    ],
)
def test_what_is_missing_is_named(spec: Any, message: str) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables."""
    assert described(**spec) == ConfigError(message)


def test_whole_maps_come_first_and_single_variables_win() -> None:
    spec = {
        "envFrom": [{"prefix": "C_", "configMapRef": {"name": "colors"}}, {"secretRef": {"name": "keys"}}],
        "env": [{"name": "C_sky", "value": "grey"}],
    }

    config = described(**spec)

    assert isinstance(config, ContainerConfig)
    wanted = {"HOSTNAME": "web-1", "C_sky": "grey", "C_sun": "yellow", "door": "open", "WEB_SERVICE_HOST": "10.96.0.7"}
    assert config.env == wanted


def test_command_and_arguments_are_expanded_and_ports_listed() -> None:
    config = described(
        env=[{"name": "N", "value": "5"}], command=["sleep"], args=["$(N)", "$(M)"], ports=[{"containerPort": 80}]
    )

    assert isinstance(config, ContainerConfig)
    assert (config.command, config.args, config.ports) == (("sleep",), ("5", "$(M)"), (80,))


def test_a_service_is_told_by_its_address_and_each_of_its_ports() -> None:
    """Source: kubernetes.io, "Service", "Environment variables"; pkg/kubelet/envvars/envvars.go, FromServices."""
    ports = [{"name": "web-ui", "port": 80, "protocol": "TCP"}, {"name": "dns", "port": 53, "protocol": "UDP"}]

    found = variables({"metadata": {"name": "redis-primary"}, "spec": {"clusterIP": "10.0.0.11", "ports": ports}})

    assert found == {
        "REDIS_PRIMARY_SERVICE_HOST": "10.0.0.11",
        "REDIS_PRIMARY_SERVICE_PORT": "80",
        "REDIS_PRIMARY_SERVICE_PORT_WEB_UI": "80",
        "REDIS_PRIMARY_SERVICE_PORT_DNS": "53",
        "REDIS_PRIMARY_PORT": "tcp://10.0.0.11:80",
        "REDIS_PRIMARY_PORT_80_TCP": "tcp://10.0.0.11:80",
        "REDIS_PRIMARY_PORT_80_TCP_PROTO": "tcp",
        "REDIS_PRIMARY_PORT_80_TCP_PORT": "80",
        "REDIS_PRIMARY_PORT_80_TCP_ADDR": "10.0.0.11",
        "REDIS_PRIMARY_PORT_53_UDP": "udp://10.0.0.11:53",
        "REDIS_PRIMARY_PORT_53_UDP_PROTO": "udp",
        "REDIS_PRIMARY_PORT_53_UDP_PORT": "53",
        "REDIS_PRIMARY_PORT_53_UDP_ADDR": "10.0.0.11",
    }


@pytest.mark.parametrize("spec", [{"clusterIP": "None", "ports": [{"port": 80}]}, {"clusterIP": "10.0.0.1"}, {}])
def test_a_service_without_address_or_ports_is_not_told(spec: Any) -> None:
    """Source: pkg/kubelet/envvars/envvars.go, FromServices."""
    assert variables({"metadata": {"name": "x"}, "spec": spec}) == {}


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({}, {"KUBERNETES_SERVICE_HOST", "WEB_SERVICE_HOST"}),
        ({"enableServiceLinks": False}, {"KUBERNETES_SERVICE_HOST"}),
    ],
)
def test_a_container_knows_the_services_that_were_there_before_it(node: OneNode, spec: Any, told: set[str]) -> None:
    """Source: kubernetes.io, "Service", "Environment variables"; pkg/kubelet/kubelet_pods.go, getServiceEnvVarMap."""
    for namespace, name in (("default", "kubernetes"), ("default", "web"), ("kube-system", "other")):
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
        node.client.create(body)

    node.given("app", **spec)

    env = next(iter(node.vm.runtime.sandboxes.values())).containers["main"].config.env
    assert {name for name in env if name.endswith("_HOST")} == told


def test_a_container_waits_until_the_services_are_known(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables (serviceHasSynced)."""
    pod = {"metadata": {"namespace": "default"}, "spec": {}}
    node.is_api_up = False

    with pytest.raises(ApiError, match="services have not yet been read at least once, cannot construct envvars"):
        node.kubelet.services.of(pod)

    node.is_api_up = True
    node.run(10)
    assert node.kubelet.services.of(pod) == {}


def test_a_running_container_keeps_the_environment_that_it_was_started_with(node: OneNode) -> None:
    """Source: kubernetes.io, "ConfigMaps", "Mounted ConfigMaps are updated automatically"."""
    colors = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "colors", "namespace": "default"}}
    node.client.create({**colors, "data": {"sky": "blue"}})
    node.given("app", container={"envFrom": [{"configMapRef": {"name": "colors"}}]})
    container = next(iter(node.vm.runtime.sandboxes.values())).containers["main"]

    node.client.patch("ConfigMap", "colors", "default", {"data": {"sky": "grey"}})
    node.run(200)

    assert container.config.env["sky"] == "blue" and container.is_running
