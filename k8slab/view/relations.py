"""The cluster as a graph in the mathematical sense: who owns, hosts and serves whom, for networkx to work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.view.facts import Facts

if TYPE_CHECKING:
    from networkx import DiGraph

__all__ = [
    "relations",
]


def relations(facts: Facts) -> DiGraph:
    """Nodes are `Kind/name` with `kind`, `namespace` and `state`; arrows say `owns`, `hosts` or `serves`.

    Folded things (the system's own) are left out, machines are always in.
    """
    import networkx

    graph = networkx.DiGraph()
    for node in facts.nodes:
        graph.add_node(f"Node/{node.name}", kind="Node", namespace="", state=node.status)
    for owner in facts.owners:
        kind, namespace, name = owner.id
        graph.add_node(f"{kind}/{name}", kind=kind, namespace=namespace, state=f"{owner.ready}/{owner.wanted}")
        if owner.parent[2]:
            graph.add_edge(f"{owner.parent[0]}/{owner.parent[2]}", f"{kind}/{name}", relation="owns")
    for pod in facts.pods:
        if pod.is_folded:
            continue
        graph.add_node(f"Pod/{pod.key.name}", kind="Pod", namespace=pod.key.namespace, state=pod.state)
        if pod.owner[2]:
            graph.add_edge(f"{pod.owner[0]}/{pod.owner[2]}", f"Pod/{pod.key.name}", relation="owns")
        if pod.node:
            graph.add_edge(f"Node/{pod.node}", f"Pod/{pod.key.name}", relation="hosts")
    for service in facts.services:
        if not service.is_folded:
            graph.add_node(f"Service/{service.key.name}", kind="Service", namespace=service.key.namespace, state="")
            for pod_key, is_up in service.endpoints:
                if is_up:
                    graph.add_edge(f"Service/{service.key.name}", f"Pod/{pod_key.name}", relation="serves")
    return graph
