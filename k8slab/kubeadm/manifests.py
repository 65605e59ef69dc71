"""What a new cluster begins with: the control plane's static pods, and what the API server makes of itself.

Source    cmd/kubeadm/app/phases/{controlplane,etcd}; pkg/controlplane/instance.go (system namespaces)
Left out  the flags, probes and volumes of the static pods
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import yaml

from k8slab.kubeadm.versions import release_of
from k8slab.kubelet import MANIFEST_FOLDER
from k8slab.world.files import Text, text_of

__all__ = [
    "CONTROL_PLANE",
    "CONTROL_PLANE_ADDRESS",
    "api_server_version",
    "kubernetes_service",
    "static_manifests",
    "system_namespaces",
]

Obj = dict[str, Any]

CONTROL_PLANE, CONTROL_PLANE_ADDRESS = "control-plane", "192.168.0.10"
API_PORT = 6443
API_IMAGE = re.compile(r"image: \S+/kube-apiserver:(v1\.\d+\.\d+)")
COMPONENT_PORTS = {"kube-apiserver": 6443, "kube-controller-manager": 10257, "kube-scheduler": 10259, "etcd": 2379}
COMPONENT_CPU = {"kube-apiserver": "250m", "kube-controller-manager": "200m", "kube-scheduler": "100m", "etcd": "100m"}


def system_namespaces() -> list[Obj]:
    """The four namespaces that every cluster has."""
    names = ("default", "kube-system", "kube-public", "kube-node-lease")
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]


def kubernetes_service(address: str, endpoint: str) -> list[Obj]:
    """The Service by which pods find the API server at `address`, and its one endpoint."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"},
            },
            "spec": {
                "clusterIP": address,
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": API_PORT}],
            },
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"kubernetes.io/service-name": "kubernetes"},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": [endpoint], "conditions": {"ready": True}}],
            "ports": [{"name": "https", "port": API_PORT, "protocol": "TCP"}],
        },
    ]


@cache
def static_manifests(address: str, version: str) -> Mapping[str, str]:
    """The control plane's pods as files for a machine with this address: paths to YAML."""
    pods = {name: _static_pod(name, version) for name in COMPONENT_PORTS}
    files = {f"{MANIFEST_FOLDER}{name}.yaml": yaml.safe_dump(pod, sort_keys=False) for name, pod in pods.items()}
    return MappingProxyType(files)


def api_server_version(files: Mapping[str, Text], default: str) -> str:
    """Of which release the API server is by its manifest on a machine; `default` where there is none."""
    image = API_IMAGE.search(text_of(files.get(f"{MANIFEST_FOLDER}kube-apiserver.yaml", "")))
    return image[1] if image else default


def _static_pod(name: str, version: str) -> Obj:
    port = COMPONENT_PORTS[name]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "kube-system",
            "labels": {"component": name, "tier": CONTROL_PLANE},
        },
        "spec": {
            "containers": [
                {
                    "name": name,
                    "image": release_of(version).image_of(name),
                    "imagePullPolicy": "IfNotPresent",
                    "command": [name],
                    "ports": [{"name": "client", "containerPort": port, "hostPort": port, "protocol": "TCP"}],
                    "resources": {"requests": {"cpu": COMPONENT_CPU[name]}},
                }
            ],
            "hostNetwork": True,
            "priority": 2000001000,
            "priorityClassName": "system-node-critical",
            "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
        },
    }
