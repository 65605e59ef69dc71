"""The controllers of kube-controller-manager: each compares what is with what is wanted and takes one step."""

from k8slab.controllers.attach_detach import AttachDetachController
from k8slab.controllers.clusterrole_aggregation import ClusterRoleAggregationController
from k8slab.controllers.cronjob import CronJobController
from k8slab.controllers.daemonset import DaemonSetController
from k8slab.controllers.deployment import DeploymentController
from k8slab.controllers.disruption import DisruptionController
from k8slab.controllers.endpointslice import EndpointSliceController
from k8slab.controllers.ephemeral_volume import EphemeralVolumeController
from k8slab.controllers.garbage_collector import GarbageCollector
from k8slab.controllers.horizontal_pod_autoscaler import HorizontalPodAutoscalerController
from k8slab.controllers.job import JobController
from k8slab.controllers.namespace import NamespaceController
from k8slab.controllers.node_ipam import NodeIpamController
from k8slab.controllers.node_lifecycle import NodeLifecycleController
from k8slab.controllers.persistent_volume_binder import PersistentVolumeBinder
from k8slab.controllers.pod_gc import PodGarbageCollector
from k8slab.controllers.replicaset import ReplicaSetController, ReplicationManager
from k8slab.controllers.resource_quota import ResourceQuotaController
from k8slab.controllers.service_account import ServiceAccountController
from k8slab.controllers.statefulset import StatefulSetController
from k8slab.controllers.taint_eviction import TaintEvictionController
from k8slab.controllers.token_cleaner import TokenCleaner
from k8slab.controllers.ttl_after_finished import TtlAfterFinishedController
from k8slab.controllers.volume_expand import VolumeExpandController
from k8slab.controllers.volume_protection import ClaimProtection, VolumeProtection

__all__ = [
    "CONTROLLERS",
    "AttachDetachController",
    "ClaimProtection",
    "ClusterRoleAggregationController",
    "CronJobController",
    "DaemonSetController",
    "DeploymentController",
    "DisruptionController",
    "EndpointSliceController",
    "EphemeralVolumeController",
    "GarbageCollector",
    "HorizontalPodAutoscalerController",
    "JobController",
    "NamespaceController",
    "NodeIpamController",
    "NodeLifecycleController",
    "PersistentVolumeBinder",
    "PodGarbageCollector",
    "ReplicaSetController",
    "ReplicationManager",
    "ResourceQuotaController",
    "ServiceAccountController",
    "StatefulSetController",
    "TaintEvictionController",
    "TokenCleaner",
    "TtlAfterFinishedController",
    "VolumeExpandController",
    "VolumeProtection",
]

CONTROLLERS = (
    NodeIpamController,
    NodeLifecycleController,
    TaintEvictionController,
    DeploymentController,
    ReplicaSetController,
    ReplicationManager,
    StatefulSetController,
    DaemonSetController,
    JobController,
    CronJobController,
    TtlAfterFinishedController,
    EndpointSliceController,
    HorizontalPodAutoscalerController,
    DisruptionController,
    ResourceQuotaController,
    NamespaceController,
    ClusterRoleAggregationController,
    ServiceAccountController,
    PodGarbageCollector,
    TokenCleaner,
    PersistentVolumeBinder,
    AttachDetachController,
    VolumeExpandController,
    EphemeralVolumeController,
    ClaimProtection,
    VolumeProtection,
    GarbageCollector,
)
