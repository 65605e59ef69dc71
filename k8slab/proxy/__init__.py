"""kube-proxy and cluster DNS: how a request by name becomes a packet for a pod."""

from k8slab.proxy.dns import CLUSTER_DOMAIN, ClusterDns, Lookup, candidates
from k8slab.proxy.endpoints import Backend
from k8slab.proxy.flows import Flows
from k8slab.proxy.hops import Answer, Arrival, Hop
from k8slab.proxy.ingress_controller import ingress_nginx
from k8slab.proxy.kube_proxy import KubeProxy, RuleMaker
from k8slab.proxy.load_report import LoadReport
from k8slab.proxy.loads import Load, LoadPlan
from k8slab.proxy.outgoing import ContainerRequests
from k8slab.proxy.policy_agent import NetworkPolicyAgent
from k8slab.proxy.rates import Attack, Burst, Constant, Day, Ramp, Rate, as_rate, rate_as_data
from k8slab.proxy.request import Pending, Requests, parsed_url
from k8slab.proxy.rule_table import RuleTable, build_rules
from k8slab.proxy.rules import Rule
from k8slab.proxy.streams import Source
from k8slab.proxy.tally import Moment
from k8slab.proxy.ways import Way, ways

__all__ = [
    "CLUSTER_DOMAIN",
    "Answer",
    "Arrival",
    "Attack",
    "Backend",
    "Burst",
    "ClusterDns",
    "Constant",
    "ContainerRequests",
    "Day",
    "Flows",
    "Hop",
    "KubeProxy",
    "Load",
    "LoadPlan",
    "LoadReport",
    "Lookup",
    "Moment",
    "NetworkPolicyAgent",
    "Pending",
    "Ramp",
    "Rate",
    "Requests",
    "Rule",
    "RuleMaker",
    "RuleTable",
    "Source",
    "Way",
    "as_rate",
    "build_rules",
    "candidates",
    "ingress_nginx",
    "parsed_url",
    "rate_as_data",
    "ways",
]
