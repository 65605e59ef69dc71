"""Quantities are exact numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from k8slab.objects import cpu_m, parse_quantity, size_bytes


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("0Ki", 0),
        ("1", 1),
        ("5n", Fraction(5, 10**9)),
        ("4u", Fraction(4, 10**6)),
        ("100m", Fraction(1, 10)),
        ("8k", 8000),
        ("7M", 7 * 10**6),
        ("6G", 6 * 10**9),
        ("5T", 5 * 10**12),
        ("2P", 2 * 10**15),
        ("1E", 10**18),
        ("1Ki", 1024),
        ("7Mi", 7 * 2**20),
        ("1Gi", 2**30),
        ("5Ti", 5 * 2**40),
        ("4Pi", 4 * 2**50),
        ("3Ei", 3 * 2**60),
        ("1e3", 1000),
        ("1E6", 10**6),
        ("1E-3", Fraction(1, 1000)),
        ("1.3E+6", 1_300_000),
        ("0.5", Fraction(1, 2)),
        ("0.0005k", Fraction(1, 2)),
        ("1.5Gi", 3 * 2**29),
        (".001", Fraction(1, 1000)),
        ("1.", 1),
        ("1.G", 10**9),
        ("+2", 2),
        ("-100m", Fraction(-1, 10)),
        (2, 2),
        (0.1, Fraction(1, 10)),
    ],
)
def test_a_quantity_is_a_number_and_a_suffix(text: str | float, number: Fraction | int) -> None:
    """Source: pkg/api/resource/quantity_test.go, TestQuantityParse; kubernetes.io, "Quantity"."""
    assert parse_quantity(text) == number


def test_the_units_of_memory_in_the_documentation_are_about_the_same_size() -> None:
    """Source: kubernetes.io, "Resource Management for Pods and Containers", "Memory resource units"."""
    assert size_bytes("128974848") == size_bytes("128974848000m") == size_bytes("123Mi")
    assert size_bytes("129e6") == size_bytes("129M") == 129_000_000
    assert size_bytes("400m") == 1


FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
SUFFIX = "unable to parse quantity's suffix"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", FORM),
        ("Gi", FORM),
        ("1 Gi", FORM),
        ("1GB", FORM),
        ("1.1.1", FORM),
        ("one", FORM),
        ("1,5", FORM),
        ("1mi", SUFFIX),
        ("1K", SUFFIX),
        ("1GG", SUFFIX),
        ("1Gi1", SUFFIX),
        ("1ki", SUFFIX),
        ("1e", SUFFIX),
    ],
)
def test_what_is_no_quantity_is_refused_in_the_words_of_the_server(text: str, complaint: str) -> None:
    """Source: pkg/api/resource/quantity.go, ErrFormatWrong and ErrSuffix."""
    with pytest.raises(ValueError) as refused:
        parse_quantity(text)

    assert str(refused.value) == complaint


@pytest.mark.parametrize(("text", "number"), [("1e1000000000", 10**100), ("1e-1000000000", Fraction(1, 10**100))])
def test_a_number_that_nobody_can_mean_is_not_computed(text: str, number: Fraction | int) -> None:
    assert parse_quantity(text) == number


@pytest.mark.parametrize(("text", "milli"), [("0.1", 100), ("100m", 100), ("1", 1000), ("2.5", 2500), ("100u", 1)])
def test_cpu_is_counted_in_thousandths_of_a_core(text: str, milli: int) -> None:
    """Source: kubernetes.io, "CPU resource units"; pkg/api/resource/quantity.go, MilliValue rounds up."""
    assert cpu_m(text) == milli


@pytest.mark.parametrize(("text", "size"), [("1Ki", 1024), ("1.0001", 2), ("100m", 1), ("0.1Ki", 103), (5, 5)])
def test_bytes_are_rounded_up(text: str | float, size: int) -> None:
    """Source: pkg/api/resource/quantity.go, Value rounds up."""
    assert size_bytes(text) == size
