"""kube-proxy and cluster DNS: how a request by name becomes a packet for a pod."""

from k8slab.proxy.dns import CLUSTER_DOMAIN, ClusterDns, Lookup, candidates
from k8slab.proxy.kube_proxy import KubeProxy
from k8slab.proxy.outgoing import ContainerRequests
from k8slab.proxy.request import Answer, Arrival, Hop, Requests
from k8slab.proxy.rules import Backend, Rule, RuleTable, build_rules

__all__ = [
    "CLUSTER_DOMAIN",
    "Answer",
    "Arrival",
    "Backend",
    "ClusterDns",
    "ContainerRequests",
    "Hop",
    "KubeProxy",
    "Lookup",
    "Requests",
    "Rule",
    "RuleTable",
    "build_rules",
    "candidates",
]
