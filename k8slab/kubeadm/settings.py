"""The files and ConfigMaps in which kubeadm keeps how a cluster and its kubelets are set up.

Source    cmd/kubeadm/app/{phases/kubelet/config.go,phases/uploadconfig/uploadconfig.go,componentconfigs}
Left out  settings beyond those that mean something here
"""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from k8slab.kubeadm.addresses import dns_address

__all__ = [
    "KUBELET_CONFIG",
    "KUBELET_FLAGS",
    "cluster_info",
    "kubelet_config",
    "kubelet_config_of",
    "kubelet_files",
    "kubelet_flags",
    "uploaded_settings",
]

Obj = dict[str, Any]

KUBELET_CONFIG, KUBELET_FLAGS = "/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env"
POD_SUBNET = "10.244.0.0/16"


@cache
def kubelet_config(dns_address: str) -> str:
    """How every kubelet of the cluster is set up: a KubeletConfiguration in YAML."""
    return _dumped(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True}},
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "systemd",
            "clusterDNS": [dns_address],
            "clusterDomain": "cluster.local",
            "containerRuntimeEndpoint": "unix:///var/run/containerd/containerd.sock",
            "healthzBindAddress": "127.0.0.1",
            "healthzPort": 10248,
            "rotateCertificates": True,
            "staticPodPath": "/etc/kubernetes/manifests",
        }
    )


def kubelet_config_of(config_map: Obj) -> str:
    """The settings that the ConfigMap for machines that join holds."""
    return str(config_map["data"]["kubelet"])


def kubelet_files(config: str, address: str) -> dict[str, str]:
    """What a kubelet reads when it starts: paths to texts."""
    return {KUBELET_FLAGS: kubelet_flags(address), KUBELET_CONFIG: config}


def kubelet_flags(address: str) -> str:
    """The flags of one kubelet, for systemd."""
    return f'KUBELET_KUBEADM_ARGS="--node-ip={address}"\n'


def uploaded_settings(service_cidr: str, version: str) -> list[Obj]:
    """How the cluster was made, for later runs of kubeadm, and the kubelets' settings, for machines that join."""
    configuration, config = _cluster_configuration(service_cidr, version), kubelet_config(dns_address(service_cidr))
    return [
        _config_map("kubeadm-config", "kube-system", {"ClusterConfiguration": configuration}),
        _config_map("kubelet-config", "kube-system", {"kubelet": config}),
    ]


@cache
def _cluster_configuration(service_cidr: str, version: str) -> str:
    networking = {"dnsDomain": "cluster.local", "podSubnet": POD_SUBNET, "serviceSubnet": service_cidr}
    return _dumped(
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "ClusterConfiguration",
            "certificatesDir": "/etc/kubernetes/pki",
            "clusterName": "kubernetes",
            "etcd": {"local": {"dataDir": "/var/lib/etcd"}},
            "imageRepository": "registry.k8s.io",
            "kubernetesVersion": version,
            "networking": networking,
        }
    )


def cluster_info(api_address: str, authority: str) -> Obj:
    """The ConfigMap that anybody may read: where the API server is, and by which authority to know it."""
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "", "cluster": {"server": f"https://{api_address}:6443", "ca-hash": authority}}],
    }
    return _config_map("cluster-info", "kube-public", {"kubeconfig": _dumped(kubeconfig)})


def _config_map(name: str, namespace: str, data: dict[str, str]) -> Obj:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _dumped(value: Obj) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False)
    return text
