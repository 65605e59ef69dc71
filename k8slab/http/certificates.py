"""The certificates of one server: an authority made at its start, what the server shows, and what its admin shows.

Source    cmd/kubeadm/app/phases/certs/certlist.go (names and groups)
Left out  renewal: they are made anew with every start
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = [
    "Authority",
    "Pair",
]

LASTS = timedelta(days=365)
EARLIER = timedelta(minutes=5)  # clocks differ


class Pair(NamedTuple):
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs certificates; its own is the root that clients trust."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("kubernetes", "")
        builder = _certificate(self._name, self._name, self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._own = builder.add_extension(_usage(signs=True), critical=True).sign(self._key, hashes.SHA256())

    @property
    def certificate(self) -> bytes:
        """The root certificate, PEM."""
        return self._own.public_bytes(serialization.Encoding.PEM)

    def for_server(self, hosts: Iterable[str]) -> Pair:
        """A server's pair for names and addresses."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        return self._pair("kube-apiserver", "", ExtendedKeyUsageOID.SERVER_AUTH, names)

    def for_user(self, user: str, group: str) -> Pair:
        """A user's pair: the common name is the user, the organization the group."""
        return self._pair(user, group, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _pair(self, name: str, group: str, purpose: x509.ObjectIdentifier, *more: x509.ExtensionType) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _certificate(_name(name, group), self._name, key.public_key())
        builder = builder.add_extension(_usage(signs=False), critical=True)
        for extension in (x509.ExtendedKeyUsage([purpose]), *more):
            builder = builder.add_extension(extension, critical=False)
        made = builder.sign(self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Pair(made.public_bytes(serialization.Encoding.PEM), private)


def _name(common: str, organization: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - EARLIER).not_valid_after(now + LASTS)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
