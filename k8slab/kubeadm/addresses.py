"""The range of the Services' addresses, and the two that are given away before all others.

Source    cmd/kube-apiserver/app/options/validation.go; cmd/kubeadm/app/{constants/constants.go,apis/kubeadm/validation}
"""

from __future__ import annotations

from ipaddress import IPv4Network

from k8slab.api.allocators import SERVICE_CIDR

__all__ = [
    "SERVICE_CIDR",
    "api_address",
    "checked_service_cidr",
    "dns_address",
]


def checked_service_cidr(text: str) -> str:
    """The range, if a cluster can have it for its Services. Raises ValueError."""
    try:
        bits = IPv4Network(text).prefixlen
    except ValueError as error:
        raise ValueError(f"{text!r} is no range of IPv4 addresses: {error}") from None
    if not 12 <= bits <= 28:
        raise ValueError(f"the range of the Services must be between /12 and /28, not {text}")
    return text


def api_address(service_cidr: str) -> str:
    """The first address, which is that of the Service `kubernetes`."""
    return str(IPv4Network(service_cidr)[1])


def dns_address(service_cidr: str) -> str:
    """The tenth, which is that of the Service `kube-dns`."""
    return str(IPv4Network(service_cidr)[10])
