"""Composition root: from machines and agents to a cluster, as kubeadm leaves it."""

from k8slab.kubeadm.cluster import AGENTS, Cluster
from k8slab.kubeadm.fleet import Fleet

__all__ = ["AGENTS", "Cluster", "Fleet"]
