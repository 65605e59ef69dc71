"""The cluster as a graph in the mathematical sense: who owns, hosts, serves and routes, for networkx to work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.view.facts import Facts

if TYPE_CHECKING:
    from networkx import DiGraph

__all__ = [
    "relations",
]


def relations(facts: Facts) -> DiGraph:
    """Nodes are `Kind/name` with `kind`, `namespace` and `state`; arrows say `owns`, `hosts`, `serves` or `routes`.

    Folded things (the system's own) are left out, machines are always in.
    """
    import networkx

    graph = networkx.DiGraph()
    arrows: list[tuple[str, str, str]] = []
    for node in facts.nodes:
        graph.add_node(f"Node/{node.name}", kind="Node", namespace="", state=node.status)
    for owner in facts.owners:
        kind, namespace, name = owner.id
        graph.add_node(f"{kind}/{name}", kind=kind, namespace=namespace, state=f"{owner.ready}/{owner.wanted}")
        arrows.append((f"{owner.parent[0]}/{owner.parent[2]}", f"{kind}/{name}", "owns"))
    for pod in facts.pods:
        if not pod.is_folded:
            graph.add_node(f"Pod/{pod.key.name}", kind="Pod", namespace=pod.key.namespace, state=pod.state)
            arrows.append((f"{pod.owner[0]}/{pod.owner[2]}", f"Pod/{pod.key.name}", "owns"))
            arrows.append((f"Node/{pod.node}", f"Pod/{pod.key.name}", "hosts"))
    for service in facts.services:
        if not service.is_folded:
            graph.add_node(f"Service/{service.key.name}", kind="Service", namespace=service.key.namespace, state="")
            backends = (pod.name for pod, is_up in service.endpoints if is_up)
            arrows += [(f"Service/{service.key.name}", f"Pod/{name}", "serves") for name in backends]
    for ingress in facts.ingresses:
        graph.add_node(f"Ingress/{ingress.key.name}", kind="Ingress", namespace=ingress.key.namespace, state="")
        arrows += [(f"Ingress/{ingress.key.name}", f"Service/{name}", "routes") for name in ingress.services]
    for source, target, relation in arrows:
        if source in graph and target in graph:
            graph.add_edge(source, target, relation=relation)
    return graph
