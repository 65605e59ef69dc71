"""The shelf of who uses the cluster: the users, the proxy they meet with its Services, and the Ingresses."""

from __future__ import annotations

from k8slab.view.entries import IngressCard, ingress_title
from k8slab.view.facts import Facts, ServiceCard
from k8slab.view.figures import per_second
from k8slab.view.geometry import WIDTH, Rect
from k8slab.view.layout import Layout
from k8slab.view.lettering import fit, text_width
from k8slab.view.scene import Chip, Frame, Label
from k8slab.view.shelves import PERSON, PROXY, Shelf
from k8slab.view.titles import service_title, service_way
from k8slab.view.words import Words

__all__ = [
    "services",
]

EDGE, GAP = 8.0, 8.0
SERVICES_A_ROW = 5
MOST_SERVICES = 15
INGRESSES_A_ROW = 3
WIRES = 22.0  # the room for the lines from Ingresses up to Services


def services(facts: Facts, layout: Layout, words: Words, y: float) -> Shelf:
    """The users, the proxy they meet, and the Services it knows."""
    shelf = Shelf.starting_at(y)
    cards = {str(card.key): card for card in facts.services if not card.is_folded}
    seats = layout.seat("services", cards)
    most = max(seats.values(), default=0)
    rows = layout.room("services", min(most, MOST_SERVICES - 1) // SERVICES_A_ROW + 1, 1)
    rect = Rect(PERSON, y, WIDTH - EDGE - PERSON, rows * 50 + 34)
    shelf.frames.append(Frame(rect, "proxy", words("proxy")))
    shelf.labels.append(Label(EDGE + 22, y + 26, "", "icon.people", "middle"))
    shelf.labels.append(Label(EDGE + 22, y + 66, words("users"), "small", "middle"))
    shelf.labels.append(Label(EDGE + 47, y + 33, "", "icon.arrow", "middle"))
    title = _proxy_text(facts, words)
    is_well = all(card.ready == card.all for card in facts.system if card.name == PROXY)
    shelf.labels.append(Label(rect.x + 12, rect.bottom - 10, title, "muted" if is_well else "alarm"))
    width = (rect.w - 20 - (SERVICES_A_ROW - 1) * GAP) / SERVICES_A_ROW
    has_names = len({card.key.namespace for card in cards.values()}) > 1
    for name, card in cards.items():
        row, column = divmod(seats[name], SERVICES_A_ROW)
        if seats[name] < MOST_SERVICES:
            place = Rect(rect.x + 10 + column * (width + GAP), y + 10 + row * 50, width, 42)
            shelf.chips.append(_service_chip(place, card, facts, words, has_name=has_names))
    _say_what_is_folded(shelf, facts, sum(s >= MOST_SERVICES for s in seats.values()), rect, words)
    if not cards:
        shelf.labels.append(Label(rect.x + 12, y + 34, words("no services"), "muted"))
    return shelf._replace(bottom=_ingresses(shelf, facts, layout, words, rect.bottom))


def _service_chip(rect: Rect, card: ServiceCard, facts: Facts, words: Words, *, has_name: bool) -> Chip:
    ready = sum(is_up for _, is_up in card.endpoints)
    count = f"{ready}/{len(card.endpoints)}"
    rate = sum(facts.flows.get(pod, 0.0) for pod, _ in card.endpoints)
    if rate:
        count = f"{per_second(rate)} · {count}"
    name = f"{card.key.namespace}/{card.key.name}" if has_name and card.key.namespace != "default" else card.key.name
    name = fit(name, rect.w - 24 - text_width(count, bold=True), bold=True)
    address = fit(service_way(card, words), rect.w - 16)
    title = service_title(card, words)
    obj = f"Service/{card.key}"
    return Chip(rect, "service", str(card.key), "svc", name, count, address, "", card.mark, 0, title, obj)


def _say_what_is_folded(shelf: Shelf, facts: Facts, hidden: int, rect: Rect, words: Words) -> None:
    names = [card.key.name for card in facts.services if card.is_folded and card.mark != "gone"]
    texts = [words("more", n=hidden)] if hidden else []
    if names:
        texts.append(words("folded services", names=", ".join(names)))
    text = fit(" · ".join(texts), rect.w - text_width(_proxy_text(facts, words), bold=True) - 40)
    shelf.labels.append(Label(rect.right - 12, rect.bottom - 10, text, "muted", "end"))


def _proxy_text(facts: Facts, words: Words) -> str:
    """`kube-proxy 4/4: the same rules on every Node`."""
    count = next((f" {card.ready}/{card.all}" for card in facts.system if card.name == PROXY), "")
    return words("proxy", count=count)


def _ingresses(shelf: Shelf, facts: Facts, layout: Layout, words: Words, y: float) -> float:
    """The Ingresses in a row of their own, each with a host and where its requests go."""
    cards = {str(card.key): card for card in facts.ingresses}
    seats = layout.seat("ingresses", cards)
    if not cards:
        return y
    y += WIRES
    width = (WIDTH - EDGE - PERSON - (INGRESSES_A_ROW - 1) * GAP) / INGRESSES_A_ROW
    for name, card in cards.items():
        if seats[name] < INGRESSES_A_ROW:
            shelf.chips.append(_ingress_chip(Rect(PERSON + seats[name] * (width + GAP), y, width, 42), card, words))
    hidden = sum(seat >= INGRESSES_A_ROW for seat in seats.values())
    if hidden:
        shelf.labels.append(Label(WIDTH - EDGE - 2, y + 56, words("more", n=hidden), "muted", "end"))
    return y + 42 + (18 if hidden else 0)


def _ingress_chip(rect: Rect, card: IngressCard, words: Words) -> Chip:
    more = f" +{len(card.hosts) - 1}" if len(card.hosts) > 1 else ""
    target = fit(", ".join(card.services) or "—", rect.w / 2 - 20)
    host = fit(card.hosts[0] if card.hosts else "*", rect.w - 16 - text_width(f"{more} → {target}"))
    address = fit(card.address, rect.w / 2)
    name = card.key.name if card.key.namespace == "default" else str(card.key)
    name = fit(name, rect.w - 30 - text_width("ing") - text_width(address), bold=True)
    id_ = f"Ingress/{card.key}"
    line = f"{host}{more} → {target}"
    return Chip(rect, "ingress", id_, "ing", name, address, line, "", card.mark, 0, ingress_title(card, words), id_)
