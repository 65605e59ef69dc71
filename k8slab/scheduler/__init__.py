"""The scheduler: it looks for the best node for a pod and proposes it; the kubelet there has the last word."""

from k8slab.scheduler.framework import (
    SKIP,
    ClusterEvent,
    Decision,
    NodeInfo,
    Plugin,
    PodInfo,
    Snapshot,
    Verdict,
    pod_info,
)
from k8slab.scheduler.plugins import DEFAULT_PLUGINS
from k8slab.scheduler.scheduler import Scheduler, unschedulable_text

__all__ = [
    "DEFAULT_PLUGINS",
    "SKIP",
    "ClusterEvent",
    "Decision",
    "NodeInfo",
    "Plugin",
    "PodInfo",
    "Scheduler",
    "Snapshot",
    "Verdict",
    "pod_info",
    "unschedulable_text",
]
