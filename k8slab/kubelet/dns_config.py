"""How a pod finds names: what the kubelet writes into its /etc/resolv.conf and /etc/hosts.

Source    pkg/kubelet/network/dns/dns.go (GetPodDNS, appendDNSConfig, formDNSConfigFitsLimits);
          pkg/kubelet/kubelet_pods.go (hostsEntriesFromHostAliases); kubernetes.io, "Pod's DNS Policy"
Left out  search domains and options of the node itself (its resolv.conf has a name server and nothing else)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from k8slab.world import Resolver, Sandbox
from k8slab.world.resolver import UPSTREAM

__all__ = ["resolver_of", "set_names"]

Obj = dict[str, Any]

CLUSTER_DOMAIN = "cluster.local"
MOST_SERVERS, MOST_DOMAINS, MOST_CHARACTERS, LONGEST_DOMAIN = 3, 32, 2048, 253
TOO_MANY_SERVERS = (
    "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {}"
)
TOO_MANY_DOMAINS = (
    "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {}"
)


def set_names(sandbox: Sandbox, pod: Obj, say: Callable[[str, str, str], object]) -> None:
    """Write down how a pod finds names, and `say` (type, reason, message) what of its wishes is too much."""
    sandbox.resolver, said = resolver_of(pod, sandbox.vm.network.name_server)
    for text in said:
        say("Warning", "DNSConfigForming", text)


def resolver_of(pod: Obj, cluster_dns: str) -> tuple[Resolver | None, list[str]]:
    """The resolver of a pod, and what the kubelet has to say about it.

    None is that of a pod whose manifest says nothing about names.
    """
    spec = pod["spec"]
    policy = _policy(spec)
    if policy == "ClusterFirst" and not spec.get("dnsConfig") and not spec.get("hostAliases"):
        return None, []
    config = spec.get("dnsConfig") or {}
    base = _base(policy, pod["metadata"]["namespace"], cluster_dns)
    servers = _unique([*base.servers, *(config.get("nameservers") or ())])
    domains = _unique([*base.domains, *(config.get("searches") or ())])
    options = _merged(base.options, config.get("options") or ())
    hosts = tuple((one["ip"], tuple(one.get("hostnames") or ())) for one in spec.get("hostAliases") or ())
    fitting, said = _fitting(domains), []
    if len(servers) > MOST_SERVERS:
        servers = servers[:MOST_SERVERS]
        said.append(TOO_MANY_SERVERS.format(" ".join(servers)))
    if fitting != domains:
        said.append(TOO_MANY_DOMAINS.format(" ".join(fitting)))
    return Resolver(servers, fitting, options, hosts), said


def _policy(spec: Obj) -> str:
    """A pod on its node's network does as its node, unless it says ClusterFirstWithHostNet."""
    policy: str = spec.get("dnsPolicy") or "ClusterFirst"
    if policy == "ClusterFirstWithHostNet":
        return "ClusterFirst"
    return "Default" if policy == "ClusterFirst" and spec.get("hostNetwork") else policy


def _base(policy: str, namespace: str, cluster_dns: str) -> Resolver:
    if policy == "None":
        return Resolver(())
    if policy == "Default":
        return Resolver((UPSTREAM,))
    domains = (f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN)
    return Resolver((cluster_dns,), domains, ("ndots:5",))


def _merged(options: Iterable[str], more: Iterable[Obj]) -> tuple[str, ...]:
    """Options by name; the manifest's win."""
    by_name = {option.partition(":")[0]: option for option in options}
    for option in more:
        by_name[option["name"]] = option["name"] + (f":{option['value']}" if option.get("value") else "")
    return tuple(by_name.values())


def _fitting(domains: tuple[str, ...]) -> tuple[str, ...]:
    """As many search domains as resolvers can take."""
    fitting = [domain for domain in domains[:MOST_DOMAINS] if len(domain) <= LONGEST_DOMAIN]
    while len(" ".join(fitting)) > MOST_CHARACTERS:
        fitting.pop()
    return tuple(fitting)


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
