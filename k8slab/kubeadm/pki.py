"""The files by which the parts of a cluster know each other: certificates and keys, as kubeadm names them.

What stands in them tells subject, issuer, names and end as a real one would; the rest is there to look at.

Source    cmd/kubeadm/app/phases/certs/certlist.go; .../constants/constants.go
Left out  real keys and signatures: nobody in this process checks one. `k8slab serve` makes its own, real ones
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from k8slab.objects import rfc3339
from k8slab.world.files import Text

__all__ = [
    "CERTIFICATES",
    "PKI",
    "SERVICE_ACCOUNTS",
    "Certificate",
    "Machine",
    "ca_hash",
    "certificate_files",
    "subject_of",
]

PKI = "/etc/kubernetes/pki/"
YEAR_S = 365 * 24 * 3600.0
CA_S = 10 * YEAR_S
ADMINS = "kubeadm:cluster-admins"


class Machine(NamedTuple):
    """What certificates tell of a machine: its name and address, the cluster's seed, the API's address, the moment."""

    name: str
    address: str
    seed: int
    service_address: str
    now: float


class Certificate(NamedTuple):
    """One of kubeadm's certificates: its file without ending, common name, organization, issuer ("": itself)."""

    path: str
    name: str
    organization: str = ""
    issuer: str = ""
    serves: Callable[[Machine], tuple[list[str], list[str]]] | None = None

    @property
    def is_authority(self) -> bool:
        """It signs others."""
        return not self.issuer


def _api_names(machine: Machine) -> tuple[list[str], list[str]]:
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
    return sorted([machine.name, *names]), [machine.service_address, machine.address]


def _etcd_names(machine: Machine) -> tuple[list[str], list[str]]:
    return [machine.name, "localhost"], [machine.address, "127.0.0.1", "::1"]


CERTIFICATES = (
    Certificate("ca", "kubernetes"),
    Certificate("apiserver", "kube-apiserver", "", "ca", _api_names),
    Certificate("apiserver-kubelet-client", "kube-apiserver-kubelet-client", ADMINS, "ca"),
    Certificate("front-proxy-ca", "front-proxy-ca"),
    Certificate("front-proxy-client", "front-proxy-client", "", "front-proxy-ca"),
    Certificate("etcd/ca", "etcd-ca"),
    Certificate("etcd/server", "", "", "etcd/ca", _etcd_names),
    Certificate("etcd/peer", "", "", "etcd/ca", _etcd_names),
    Certificate("etcd/healthcheck-client", "kube-etcd-healthcheck-client", "", "etcd/ca"),
    Certificate("apiserver-etcd-client", "kube-apiserver-etcd-client", "", "etcd/ca"),
)
SERVICE_ACCOUNTS = Certificate("sa", "service-accounts")  # a pair of keys, without a certificate


def certificate_files(certificate: Certificate, machine: Machine) -> dict[str, Text]:
    """A certificate and its key: paths to texts."""
    path = PKI + certificate.path
    key = partial(_pem, "PRIVATE KEY", f"{machine.seed}/{path}.key")
    return {f"{path}.crt": partial(_certificate_text, certificate, machine), f"{path}.key": key}


def _certificate_text(certificate: Certificate, machine: Machine) -> str:
    subject = subject_of(certificate.name or machine.name, certificate.organization)
    issuers = {one.path: one.name for one in CERTIFICATES}
    lines = [f"# Subject: {subject}", f"# Issuer: CN={issuers.get(certificate.issuer, certificate.name)}"]
    lines.append(f"# Not After: {rfc3339(_expiry(certificate, machine.now))}")
    if certificate.serves is not None:
        names, addresses = certificate.serves(machine)
        told = [f"DNS:{name}" for name in names] + [f"IP Address:{address}" for address in addresses]
        lines.append(f"# Subject Alternative Name: {', '.join(told)}")
    return "\n".join([*lines, _pem("CERTIFICATE", f"{machine.seed}/{PKI}{certificate.path}.crt")])


def subject_of(name: str, organization: str) -> str:
    """Whose a certificate is, as openssl tells it."""
    return ", ".join([*([f"O={organization}"] if organization else []), f"CN={name}"])


def _expiry(certificate: Certificate, made_at: float) -> float:
    """When a certificate that was made at a moment ends: an authority after ten years, any other after one."""
    return made_at + (CA_S if certificate.is_authority else YEAR_S)


def ca_hash(seed: int) -> str:
    """What `kubeadm join` compares with: a hash that stands for the public key of the cluster's authority."""
    return "sha256:" + hashlib.sha256(f"{seed}/{PKI}ca.crt".encode()).hexdigest()


def _pem(label: str, origin: str) -> str:
    raw = b"".join(hashlib.sha256(f"{origin}/{number}".encode()).digest() for number in range(6))
    text = base64.b64encode(raw).decode()
    body = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
