"""Composition root: from machines and agents to a cluster, as kubeadm leaves it."""

from k8slab.kubeadm.cluster import AGENTS, Cluster

__all__ = ["AGENTS", "Cluster"]
