"""Pictures of a cluster, made from nothing but what a client of its API can read."""

from k8slab.view.cluster_view import ClusterView
from k8slab.view.facts import Focus
from k8slab.view.overlay import Arrow
from k8slab.view.picture import Picture

__all__ = [
    "Arrow",
    "ClusterView",
    "Focus",
    "Picture",
]
