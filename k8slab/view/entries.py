"""Ways into a cluster as a picture shows them: an Ingress, for which hosts, to which Services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from k8slab.objects import Key
from k8slab.view.figures import title_line
from k8slab.view.words import Words

__all__ = [
    "ingress_title",
    "IngressCard",
    "Route",
    "ingress_cards",
    "route_title",
    "routes_text",
]

Obj = dict[str, Any]

MOST_TOLD = 3


class Route(NamedTuple):
    """One rule: a host ("*" for any) with its path, and the name of the Service that answers ("" for none)."""

    host: str
    service: str


class IngressCard(NamedTuple):
    """An Ingress with its rules, the default backend last; `address` is where users meet it."""

    key: Key
    routes: tuple[Route, ...]
    address: str
    mark: str
    obj: Obj

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host with its path, once."""
        return tuple(dict.fromkeys(route.host for route in self.routes))

    @property
    def services(self) -> tuple[str, ...]:
        """Every Service, once."""
        return tuple(dict.fromkeys(route.service for route in self.routes if route.service))


def ingress_cards(ingresses: Iterable[Obj], mark_of: Callable[[str, Key], str]) -> tuple[IngressCard, ...]:
    """Every Ingress with what its rules say."""
    cards = []
    for obj in ingresses:
        key = Key(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        points = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        address = next((point.get("ip") or point.get("hostname") or "" for point in points), "")
        cards.append(IngressCard(key, tuple(_routes(obj.get("spec") or {})), address, mark_of("Ingress", key), obj))
    return tuple(cards)


def _routes(spec: Obj) -> Iterator[Route]:
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            yield Route(f"{rule.get('host') or '*'}{path.get('path') or ''}", _service(path.get("backend") or {}))
    if spec.get("defaultBackend"):
        yield Route("*", _service(spec["defaultBackend"]))


def _service(backend: Obj) -> str:
    return str((backend.get("service") or {}).get("name", ""))


def ingress_title(card: IngressCard, words: Words) -> str:
    """`Ingress shop/shop · shop.example/ · Service web · 203.0.113.7`."""
    services = ", ".join(f"Service {name}" for name in card.services)
    return title_line([f"Ingress {card.key}", ", ".join(card.hosts), services, card.address], card.mark, words)


def route_title(card: IngressCard, service: str) -> str:
    """`Ingress shop/shop → Service web · shop.example/, shop.example/new`."""
    hosts = dict.fromkeys(route.host for route in card.routes if route.service == service)
    return f"Ingress {card.key} → Service {service} · {', '.join(hosts)}"


def routes_text(cards: Sequence[IngressCard], words: Words) -> str:
    """`Ingress shop: shop.example/ → Service web, * → Service other`, of the first few; "" without any."""
    there = [card for card in cards if card.mark != "gone"]
    texts = []
    for card in there[:MOST_TOLD]:
        told = [f"{route.host} → Service {route.service}" for route in card.routes if route.service]
        rest = [words("more", n=len(told) - MOST_TOLD)] if len(told) > MOST_TOLD else []
        texts.append(f"Ingress {card.key.name}: {', '.join([*told[:MOST_TOLD], *rest]) or '—'}")
    if len(there) > MOST_TOLD:
        texts.append(words("more", n=len(there) - MOST_TOLD))
    return "; ".join(texts)
