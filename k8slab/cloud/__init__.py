"""The agents that there are only where a cloud is: the controllers of the cloud-controller-manager."""

from k8slab.cloud.cloud_node import CloudNodeController
from k8slab.cloud.cloud_node_lifecycle import CloudNodeLifecycleController
from k8slab.cloud.fleet import FleetController, Member
from k8slab.cloud.manager import CloudControllerManager, cloud_manifests
from k8slab.cloud.route import RouteController
from k8slab.cloud.service import ServiceController

__all__ = [
    "CloudControllerManager",
    "CloudNodeController",
    "CloudNodeLifecycleController",
    "FleetController",
    "Member",
    "RouteController",
    "ServiceController",
    "cloud_manifests",
]
