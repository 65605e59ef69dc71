"""The default plugins, in upstream's order of filtering.

Source    pkg/scheduler/apis/config/v1/default_plugins.go (weights)
Left out  EBSLimits, GCEPDLimits and AzureDiskLimits, whose disks are all CSI volumes by now
"""

from k8slab.scheduler.plugins.balanced_allocation import NodeResourcesBalancedAllocation
from k8slab.scheduler.plugins.image_locality import ImageLocality
from k8slab.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from k8slab.scheduler.plugins.node_affinity import NodeAffinity
from k8slab.scheduler.plugins.node_name import NodeName
from k8slab.scheduler.plugins.node_ports import NodePorts
from k8slab.scheduler.plugins.node_resources import NodeResourcesFit
from k8slab.scheduler.plugins.node_unschedulable import NodeUnschedulable
from k8slab.scheduler.plugins.node_volume_limits import NodeVolumeLimits
from k8slab.scheduler.plugins.pod_topology_spread import PodTopologySpread
from k8slab.scheduler.plugins.taint_toleration import TaintToleration
from k8slab.scheduler.plugins.volume_binding import VolumeBinding
from k8slab.scheduler.plugins.volume_restrictions import VolumeRestrictions
from k8slab.scheduler.plugins.volume_zone import VolumeZone

__all__ = [
    "DEFAULT_PLUGINS",
    "ImageLocality",
    "InterPodAffinity",
    "NodeAffinity",
    "NodeName",
    "NodePorts",
    "NodeResourcesBalancedAllocation",
    "NodeResourcesFit",
    "NodeUnschedulable",
    "NodeVolumeLimits",
    "PodTopologySpread",
    "TaintToleration",
    "VolumeBinding",
    "VolumeRestrictions",
    "VolumeZone",
]

DEFAULT_PLUGINS = (
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    NodeVolumeLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    NodeResourcesBalancedAllocation,
    ImageLocality,
)
