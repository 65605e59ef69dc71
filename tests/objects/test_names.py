"""What names may look like, and what the server says to the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from k8slab.objects import (
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_value,
    is_qualified_name,
)

Check = Callable[[str], tuple[str, ...]]

EVERY_CHECK = [is_dns1123_label, is_dns1123_subdomain, is_dns1035_label, is_qualified_name, is_label_value]


@pytest.mark.parametrize(
    ("check", "names"),
    [
        (is_dns1123_label, ["a", "0", "ab1", "a-1", "a--1--2", "123-abc", "a" * 63]),
        (is_dns1123_subdomain, ["a", "a.b", "a-1.b-2", "0.0.0.0", "kube-root-ca.crt", "a" * 253]),
        (is_dns1035_label, ["a", "a1", "a--b", "my-name", "a" * 63]),
        (is_qualified_name, ["simple", "now-with-dashes", "1-starts-with-num", "1234", "simple/simple", "A_b.c"]),
        (is_qualified_name, ["1.2.3.4/5678", "example.com/MyName", "a" * 63, "a" * 253 + "/" + "b" * 63]),
        (is_label_value, ["", "a", "A_b.c-1", "12345", "a" * 63]),
    ],
)
def test_good_names_are_not_commented(check: Check, names: list[str]) -> None:
    """Source: pkg/util/validation/validation_test.go and pkg/api/validate/content/kube_test.go."""
    assert [name for name in names if check(name)] == []


@pytest.mark.parametrize(
    ("check", "names"),
    [
        (is_dns1123_label, ["", "A", "a-", "-a", "a.b", "a_b", "a b", "a\n", "é", "a" * 64]),
        (is_dns1123_subdomain, ["", "A.b", "a..b", ".a", "a.", "a.-b", "a_b", "a@b", "a" * 254]),
        (is_dns1035_label, ["", "0", "1-a", "A", "a-", "a.b", "a" * 64]),
        (is_qualified_name, ["", "a b", "-a", "a/", "/a", "a/b/c", "A.com/b", "nospecial%^=@", "a" * 64]),
        (is_label_value, ["a b", "-a", "a.", "a/b", "a" * 64]),
    ],
)
def test_bad_names_are(check: Check, names: list[str]) -> None:
    """Source: pkg/util/validation/validation_test.go and pkg/api/validate/content/kube_test.go."""
    assert [name for name in names if not check(name)] == []


@pytest.mark.parametrize(
    ("check", "name", "complaint"),
    [
        (
            is_dns1123_subdomain,
            "Web",
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
            "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
        (
            is_dns1123_label,
            "my_shop",
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
            "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
            "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ),
        (is_dns1123_label, "shop.web", "must not contain dots"),
        (
            is_dns1035_label,
            "1web",
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
            "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
            "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ),
        (
            is_label_value,
            "a b",
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
            "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
            "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
        (
            is_qualified_name,
            "a b",
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
        (
            is_qualified_name,
            "a/b/c",
            "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
            "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' "
            "(e.g. 'example.com/MyName')",
        ),
        (is_qualified_name, "/a", "prefix part must be non-empty"),
    ],
)
def test_a_complaint_is_worded_as_the_server_words_it(check: Check, name: str, complaint: str) -> None:
    """Source: pkg/api/validate/content/dns.go, kube.go and errors.go (RegexError)."""
    assert check(name) == (complaint,)


@pytest.mark.parametrize(
    ("check", "name", "beginnings"),
    [
        (is_dns1123_label, "a" * 64, ["must be no more than 63 bytes"]),
        (is_dns1123_label, "A" * 64, ["must be no more than 63 bytes", "a lowercase RFC 1123 label"]),
        (is_dns1123_label, "a." * 32 + "a", ["must be no more than 63 bytes", "must not contain dots"]),
        (is_dns1123_subdomain, "a" * 254, ["must be no more than 253 bytes"]),
        (
            is_qualified_name,
            "A.com/" + "a" * 64,
            ["prefix part a lowercase", "name part must be no more than 63"],
        ),
        (is_qualified_name, "a/", ["name part must be non-empty", "name part must consist of"]),
    ],
)
def test_every_fault_is_named(check: Check, name: str, beginnings: list[str]) -> None:
    """Source: pkg/api/validate/content/dns.go and kube.go."""
    complaints = check(name)

    assert len(complaints) == len(beginnings)
    assert all(text.startswith(start) for text, start in zip(complaints, beginnings, strict=True))


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_a_line_break_at_the_end_is_part_of_the_name(check: Check) -> None:
    assert check("a\n")
