"""Values that kinds of several groups hold: parts of a path, addresses, amounts of storage.

Source    staging/src/k8s.io/apimachinery/pkg/api/validate/content/path.go, pkg/util/validation/{ip,validation}.go
Left out  the canonical form that new kinds ask of addresses and ranges
"""

from __future__ import annotations

import ipaddress
from typing import Any

from k8slab.api.validation.meta import Errors, invalid, required
from k8slab.objects import parse_quantity

__all__ = [
    "address",
    "cidr",
    "network_of",
    "path_segment",
    "positive",
    "reference",
    "unspecial",
]

CIDR_TEXT = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
ADDRESS_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def path_segment(name: str) -> list[str]:
    """What keeps a name from being one step of a URL."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{sign}'" for sign in "/%" if sign in name]


def reference(value: str, field: str) -> Errors:
    """A name that must be there and fit into a URL."""
    if not value:
        yield required(field)
    for problem in path_segment(value):
        yield invalid(field, value, problem)


def network_of(text: str) -> Network | None:
    """The range of addresses that a CIDR stands for, or None."""
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def cidr(text: str, field: str) -> Errors:
    """A range of addresses."""
    if network_of(text) is None:
        yield invalid(field, text, CIDR_TEXT)


def address(text: str, field: str) -> Errors:
    """One address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        yield invalid(field, text, ADDRESS_TEXT)


def positive(quantity: Any, field: str) -> Errors:
    """An amount of more than nothing."""
    if parse_quantity(quantity) <= 0:
        yield invalid(field, str(quantity), "must be greater than zero")


def unspecial(text: str, field: str) -> Errors:
    """An address that somebody else can reach."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return
    if found.is_unspecified:
        yield invalid(field, text, f"may not be unspecified ({text})")
    if found.is_loopback:
        yield invalid(field, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if found.is_link_local:
        yield invalid(field, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
