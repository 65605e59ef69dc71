"""The objects that kubeadm leaves in a new cluster, as plain manifests.

Source    cmd/kubeadm/app/phases/{controlplane,etcd,addons/dns}; pkg/controlplane/instance.go (system namespaces)
Left out  kube-proxy's DaemonSet (the agent itself runs on every node), RBAC, ConfigMaps, certificates
"""

from __future__ import annotations

from typing import Any

import yaml

from k8slab.kubelet import MANIFEST_FOLDER

__all__ = [
    "CONTROL_PLANE",
    "CONTROL_PLANE_ADDRESS",
    "IMAGES",
    "VERSION",
    "coredns",
    "kubernetes_service",
    "static_manifests",
    "system_namespaces",
]

Obj = dict[str, Any]

VERSION = "v1.37.0"
CONTROL_PLANE, CONTROL_PLANE_ADDRESS = "control-plane", "192.168.0.10"
API_PORT = 6443
COMPONENT_PORTS = {"kube-apiserver": 6443, "kube-controller-manager": 10257, "kube-scheduler": 10259, "etcd": 2379}
COMPONENT_CPU = {"kube-apiserver": "250m", "kube-controller-manager": "200m", "kube-scheduler": "100m", "etcd": "100m"}
ETCD_IMAGE, COREDNS_IMAGE = "registry.k8s.io/etcd:3.6.8-0", "registry.k8s.io/coredns/coredns:v1.14.2"
OF_THE_VERSION = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
IMAGES = (*(f"registry.k8s.io/{name}:{VERSION}" for name in OF_THE_VERSION), COREDNS_IMAGE, ETCD_IMAGE)


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


def _static_pods(address: str) -> list[Obj]:
    """The control plane's pods, as kubeadm writes them for a machine with this address."""
    return [_static_pod(name, address) for name in COMPONENT_PORTS]


def static_manifests(address: str) -> dict[str, str]:
    """The same as files: paths to YAML."""
    pods = {pod["metadata"]["name"]: pod for pod in _static_pods(address)}
    return {f"{MANIFEST_FOLDER}{name}.yaml": yaml.safe_dump(pod, sort_keys=False) for name, pod in pods.items()}


def _static_pod(name: str, address: str) -> Obj:
    port = COMPONENT_PORTS[name]
    image = ETCD_IMAGE if name == "etcd" else f"registry.k8s.io/{name}:{VERSION}"
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
                    "image": image,
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


def coredns(address: str) -> list[Obj]:
    """Cluster DNS: two CoreDNS pods behind the Service kube-dns at `address`."""
    labels = {"k8s-app": "kube-dns"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "kube-dns",
                "namespace": "kube-system",
                "labels": {**labels, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"},
            },
            "spec": {
                "clusterIP": address,
                "selector": labels,
                "ports": [
                    {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                    {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
                ],
            },
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "coredns", "namespace": "kube-system", "labels": labels},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
                "template": {"metadata": {"labels": labels}, "spec": _coredns_pod()},
            },
        },
    ]


def _coredns_pod() -> Obj:
    return {
        "priorityClassName": "system-cluster-critical",
        "priority": 2000000000,
        "dnsPolicy": "Default",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "containers": [
            {
                "name": "coredns",
                "image": COREDNS_IMAGE,
                "imagePullPolicy": "IfNotPresent",
                "args": ["-conf", "/etc/coredns/Corefile"],
                "ports": [
                    {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
                    {"name": "metrics", "containerPort": 9153, "protocol": "TCP"},
                ],
                "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
            }
        ],
    }
