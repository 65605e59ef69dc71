"""The formats of texts that a custom object's schema may ask for; others are not checked.

Source    k8s.io/kube-openapi/pkg/validation/strfmt (default.go)
Left out  bsonobjectid, isbn, creditcard, ssn, password; the finer points of e-mail addresses and URIs
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from typing import Any

from k8slab.objects import is_dns1123_subdomain

__all__ = [
    "FORMATS",
]

DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)"
DATE_TIME = re.compile(DATE.pattern + "t" + TIME, re.ASCII | re.IGNORECASE)
DURATION = re.compile(r"([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w))+", re.ASCII)
MAC = re.compile(r"([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){2})")
UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?([0-9a-f])[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
URI = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*:|/)\S*")
HEX_COLOR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def _parsed(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def is_right(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return is_right


def _matches(form: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: form.fullmatch(text) is not None


def _uuid(version: str) -> Callable[[str], bool]:
    return lambda text: (found := UUID.fullmatch(text)) is not None and found.group(1) == version


def _cidr(text: str) -> None:
    if "/" not in text:
        raise ValueError(text)
    ipaddress.ip_interface(text)


FORMATS: dict[str, Callable[[str], bool]] = {
    "byte": _parsed(lambda text: base64.b64decode(text, validate=True)),
    "cidr": _parsed(_cidr),
    "date": _matches(DATE),
    "date-time": _matches(DATE_TIME),
    "datetime": _matches(DATE_TIME),
    "duration": _matches(DURATION),
    "email": _matches(EMAIL),
    "hexcolor": _matches(HEX_COLOR),
    "hostname": lambda text: not is_dns1123_subdomain(text.lower()),
    "ipv4": _parsed(ipaddress.IPv4Address),
    "ipv6": _parsed(ipaddress.IPv6Address),
    "mac": _matches(MAC),
    "uri": _matches(URI),
    "uuid": _matches(UUID),
    "uuid3": _uuid("3"),
    "uuid4": _uuid("4"),
    "uuid5": _uuid("5"),
}
