"""Environment and command line of a container."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubelet.environment import ConfigError, container_config
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

    return container_config(POD, {"name": "main", "image": "nginx", **spec}, "10.244.1.2", "192.168.0.10", lookup)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"value": "plain"}, "plain"),
        ({}, ""),
        ({"value": "$(HOSTNAME) $(A) $(B) $$(A)"}, "$(HOSTNAME) first $(B) $(A)"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, "web-1"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}}, "web"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}, "node-1"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, "10.244.1.2"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}, "192.168.0.10"),
        ({"valueFrom": {"configMapKeyRef": {"name": "colors", "key": "sky"}}}, "blue"),
        ({"valueFrom": {"secretKeyRef": {"name": "keys", "key": "door"}}}, "open"),
        ({"valueFrom": {"configMapKeyRef": {"name": "x", "key": "y", "optional": True}}}, None),
    ],
)
def test_a_variable_gets_its_value_from_its_source(source: Any, value: str | None) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables."""
    config = described(env=[{"name": "A", "value": "first"}, {"name": "X", **source}])

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
    assert config.env == {"HOSTNAME": "web-1", "C_sky": "grey", "C_sun": "yellow", "door": "open"}


def test_command_and_arguments_are_expanded_and_ports_listed() -> None:
    config = described(
        env=[{"name": "N", "value": "5"}], command=["sleep"], args=["$(N)", "$(M)"], ports=[{"containerPort": 80}]
    )

    assert isinstance(config, ContainerConfig)
    assert (config.command, config.args, config.ports) == (("sleep",), ("5", "$(M)"), (80,))
