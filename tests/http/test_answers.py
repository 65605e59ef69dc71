"""The heads of answers."""

from __future__ import annotations

import pytest

from k8slab.http.answers import warning_headers


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (['unknown field "a"'], [r'299 - "unknown field \"a\""']),
        (["one", "two", "one"], ['299 - "one"', '299 - "two"']),
        (["back\\slash"], [r'299 - "back\\slash"']),
        (["\x0bcontrol", "a\nline", "\x7f", "\u0085"], []),
        (["\u00e9"], ['299 - "\u00c3\u00a9"']),
        (["\ud800"], ['299 - "?"']),
        (["x" * 4096], [f'299 - "{"x" * 4096}"']),
        (["x" * 4096, "y"], [f'299 - "{"x" * 256}"', '299 - "y"']),
    ],
)
def test_warnings_are_headers(texts: list[str], values: list[str]) -> None:
    """Source: apimachinery/pkg/util/net/http.go (NewWarningHeader): UTF-8 as it is, no control characters."""
    assert warning_headers(texts) == values


def test_a_thousand_warnings_are_cut_off() -> None:
    """Source: apiserver/pkg/endpoints/filters/warning.go (truncateAtTotalRunes, truncateItemRunes)."""
    values = warning_headers(f"{number:03}" + "x" * 997 for number in range(1000))

    assert len(values) == 16
