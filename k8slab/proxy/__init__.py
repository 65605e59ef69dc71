"""kube-proxy and cluster DNS: how a request by name becomes a packet for a pod."""

from k8slab.proxy.dns import CLUSTER_DOMAIN, ClusterDns, Lookup, candidates
from k8slab.proxy.endpoints import Backend
from k8slab.proxy.hops import Answer, Arrival, Hop
from k8slab.proxy.kube_proxy import KubeProxy, RuleMaker
from k8slab.proxy.outgoing import ContainerRequests
from k8slab.proxy.request import Pending, Requests
from k8slab.proxy.rule_table import RuleTable, build_rules
from k8slab.proxy.rules import Rule

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
    "Pending",
    "Requests",
    "Rule",
    "RuleMaker",
    "RuleTable",
    "build_rules",
    "candidates",
]
