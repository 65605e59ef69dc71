"""What a name may look like: each check answers the server's complaints, or nothing.

Source    staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go, pkg/api/validate/content/{dns,kube}.go
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "is_dns1035_label",
    "is_dns1123_label",
    "is_dns1123_subdomain",
    "is_label_value",
    "is_qualified_name",
]

Complaints = tuple[str, ...]

LABEL, LABEL_MOST = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", 63
SUBDOMAIN, SUBDOMAIN_MOST = rf"{LABEL}(\.{LABEL})*", 253
DNS1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
VALUE = rf"({QUALIFIED})?"

LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
DNS1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character"
)
QUALIFIED_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
QUALIFIED_EXAMPLES = ("MyName", "my.name", "123-abc")
VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)


def _checked(text: str, pattern: str, most: int, complaint: str, *examples: str) -> Complaints:
    found = []
    if len(text) > most:
        found.append(f"must be no more than {most} bytes")
    if not re.fullmatch(pattern, text):
        found.append(complaint + _examples(pattern, *examples))
    return tuple(found)


def _examples(pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f" (e.g. {shown}regex used for validation is '{pattern}')"


@lru_cache(maxsize=4096)
def is_dns1123_label(text: str) -> Complaints:
    """A name of a namespace, a container, a port."""
    if "." in text and re.fullmatch(SUBDOMAIN, text):
        too_long = (f"must be no more than {LABEL_MOST} bytes",) if len(text) > LABEL_MOST else ()
        return (*too_long, "must not contain dots")
    return _checked(text, LABEL, LABEL_MOST, LABEL_TEXT, "my-name", "123-abc")


@lru_cache(maxsize=4096)
def is_dns1123_subdomain(text: str) -> Complaints:
    """A name of most objects."""
    return _checked(text, SUBDOMAIN, SUBDOMAIN_MOST, SUBDOMAIN_TEXT, "example.com")


@lru_cache(maxsize=4096)
def is_dns1035_label(text: str) -> Complaints:
    """A name of a Service."""
    return _checked(text, DNS1035, LABEL_MOST, DNS1035_TEXT, "my-name", "abc-123")


@lru_cache(maxsize=4096)
def is_qualified_name(text: str) -> Complaints:
    """A key of a label or an annotation, with or without a prefix."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        problem = "a valid label key " + QUALIFIED_TEXT + _examples(QUALIFIED, *QUALIFIED_EXAMPLES)
        return (problem + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",)
    found = []
    if slash and not prefix:
        found.append("prefix part must be non-empty")
    elif slash:
        found += [f"prefix part {complaint}" for complaint in is_dns1123_subdomain(prefix)]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > LABEL_MOST:
        found.append(f"name part must be no more than {LABEL_MOST} bytes")
    if not re.fullmatch(QUALIFIED, name):
        found.append("name part " + QUALIFIED_TEXT + _examples(QUALIFIED, *QUALIFIED_EXAMPLES))
    return tuple(found)


@lru_cache(maxsize=4096)
def is_label_value(text: str) -> Complaints:
    """A value of a label."""
    return _checked(text, VALUE, LABEL_MOST, VALUE_TEXT, "MyValue", "my_value", "12345")
