"""Ways into a cluster as a picture shows them: an Ingress, for which hosts, to which Services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from k8slab.objects import Key
from k8slab.view.figures import title_line
from k8slab.view.words import Words

__all__ = [
    "ingress_title",
    "IngressCard",
    "ingress_cards",
]

Obj = dict[str, Any]


class IngressCard(NamedTuple):
    """An Ingress: `hosts` ("*" for any) with their paths, `services` by name, `address` where users meet it."""

    key: Key
    hosts: tuple[str, ...]
    services: tuple[str, ...]
    address: str
    mark: str
    obj: Obj


def ingress_cards(ingresses: Iterable[Obj], mark_of: Callable[[str, Key], str]) -> tuple[IngressCard, ...]:
    """Every Ingress with what its rules say."""
    cards = []
    for obj in ingresses:
        key = Key(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        rows = list(_rules(obj.get("spec") or {}))
        hosts, services = dict.fromkeys(host for host, _ in rows), dict.fromkeys(name for _, name in rows if name)
        points = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        address = next((point.get("ip") or point.get("hostname") or "" for point in points), "")
        cards.append(IngressCard(key, tuple(hosts), tuple(services), address, mark_of("Ingress", key), obj))
    return tuple(cards)


def _rules(spec: Obj) -> Iterator[tuple[str, str]]:
    """Host with path, and the Service that answers for it."""
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            yield f"{rule.get('host') or '*'}{path.get('path') or ''}", _service(path.get("backend") or {})
    if spec.get("defaultBackend"):
        yield "*", _service(spec["defaultBackend"])


def _service(backend: Obj) -> str:
    return str((backend.get("service") or {}).get("name", ""))


def ingress_title(card: IngressCard, words: Words) -> str:
    """`Ingress shop/shop · shop.example/ · Service web · 203.0.113.7`."""
    services = ", ".join(f"Service {name}" for name in card.services)
    return title_line([f"Ingress {card.key}", ", ".join(card.hosts), services, card.address], card.mark, words)
