"""The default plugins, in upstream's order of filtering.

Source    pkg/scheduler/apis/config/v1/default_plugins.go (weights)
Left out  InterPodAffinity, PodTopologySpread, the volume plugins, DefaultPreemption, SchedulingGates
"""

from k8slab.scheduler.plugins.image_locality import ImageLocality
from k8slab.scheduler.plugins.node_affinity import NodeAffinity
from k8slab.scheduler.plugins.node_name import NodeName
from k8slab.scheduler.plugins.node_ports import NodePorts
from k8slab.scheduler.plugins.node_resources import NodeResourcesBalancedAllocation, NodeResourcesFit
from k8slab.scheduler.plugins.node_unschedulable import NodeUnschedulable
from k8slab.scheduler.plugins.taint_toleration import TaintToleration

__all__ = [
    "DEFAULT_PLUGINS",
    "ImageLocality",
    "NodeAffinity",
    "NodeName",
    "NodePorts",
    "NodeResourcesBalancedAllocation",
    "NodeResourcesFit",
    "NodeUnschedulable",
    "TaintToleration",
]

DEFAULT_PLUGINS = (
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    NodeResourcesBalancedAllocation,
    ImageLocality,
)
