"""What lies in the store when `kubeadm init` is over and its first token has ended: settings and add-ons.

Source    cmd/kubeadm/app/cmd/init.go (the phases upload-config, bootstrap-token and addon)
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from k8slab.kubeadm.addons import kube_proxy
from k8slab.kubeadm.addresses import dns_address
from k8slab.kubeadm.coredns import coredns
from k8slab.kubeadm.pki import Machine, ca_hash
from k8slab.kubeadm.settings import cluster_info, uploaded_settings

__all__ = ["DAEMON_AGENTS", "initial_objects"]

Obj = dict[str, Any]

DAEMON_AGENTS = {"controllers", "scheduler", "kubelet", "proxy"}  # it takes all of them for a kube-proxy in pods


def initial_objects(agents: Collection[str], home: Machine, service_cidr: str, version: str) -> list[Obj]:
    """The objects, in kubeadm's order; of the add-ons those whose agents there are."""
    objects: list[Obj] = []
    if "kubelet" in agents:
        objects += [*uploaded_settings(service_cidr, version), cluster_info(home.address, ca_hash(home.seed))]
    if "dns" in agents:
        objects += coredns(dns_address(service_cidr), version)
    if set(agents) >= DAEMON_AGENTS:
        objects += kube_proxy(version, home.address)
    return objects
