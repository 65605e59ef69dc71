"""The scheduler: it looks for the best node for a pod and proposes it; the kubelet there has the last word."""

from k8slab.scheduler.configuration import profiles_of
from k8slab.scheduler.decision import Decision, Rescue
from k8slab.scheduler.explain import Attempts
from k8slab.scheduler.framework import SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Snapshot, pod_info
from k8slab.scheduler.plugins import DEFAULT_PLUGINS
from k8slab.scheduler.profiles import STANDARD_PLUGINS, Profile
from k8slab.scheduler.refusals import Verdict, unschedulable_text
from k8slab.scheduler.scheduler import Scheduler

__all__ = [
    "DEFAULT_PLUGINS",
    "SKIP",
    "STANDARD_PLUGINS",
    "Attempts",
    "ClusterEvent",
    "Decision",
    "NodeInfo",
    "Plugin",
    "PodInfo",
    "Profile",
    "Rescue",
    "Scheduler",
    "Snapshot",
    "Verdict",
    "pod_info",
    "profiles_of",
    "unschedulable_text",
]
