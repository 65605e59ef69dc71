"""The scheduler's matrix of a Pod as a heat map: Nodes by plugins, filtered Nodes with their reason, the winner."""

from k8slab.view.scheduling.scheduling import Scheduling, scheduling

__all__ = [
    "Scheduling",
    "scheduling",
]
