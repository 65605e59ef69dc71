"""Moments and ages."""

from __future__ import annotations

import pytest

from k8slab.objects import human_age, parse_rfc3339, rfc3339, rfc3339_micro

NEW_YEAR_S = 1_767_225_600.0
HOUR_S, DAY_S = 3600, 86_400
YEAR_S = 365 * DAY_S


@pytest.mark.parametrize(
    ("seconds", "text", "micro_text"),
    [
        (0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"),
        (NEW_YEAR_S, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000Z"),
        (NEW_YEAR_S + 0.25, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.250000Z"),
        (NEW_YEAR_S + 59.999_999, "2026-01-01T00:00:59Z", "2026-01-01T00:00:59.999999Z"),
        (0.999_999_9, "1970-01-01T00:00:00Z", "1970-01-01T00:00:01.000000Z"),
        (1_709_208_000, "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z"),
    ],
)
def test_a_moment_is_written_in_utc(seconds: float, text: str, micro_text: str) -> None:
    """Source: pkg/apis/meta/v1/time.go (whole seconds) and micro_time.go (six digits)."""
    assert (rfc3339(seconds), rfc3339_micro(seconds)) == (text, micro_text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:00Z", NEW_YEAR_S),
        ("2026-01-01T00:00:00.25Z", NEW_YEAR_S + 0.25),
        ("2026-01-01T09:00:00+09:00", NEW_YEAR_S),
        ("2025-12-31T19:00:00-05:00", NEW_YEAR_S),
    ],
)
def test_a_moment_is_read_in_any_zone(text: str, seconds: float) -> None:
    assert parse_rfc3339(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (-0.5, "0s"),
        (0, "0s"),
        (1.9, "1s"),
        (70, "70s"),
        (119, "119s"),
        (120, "2m"),
        (190, "3m10s"),
        (599, "9m59s"),
        (600, "10m"),
        (10 * 60 + 30, "10m"),
        (179 * 60, "179m"),
        (3 * HOUR_S, "3h"),
        (3 * HOUR_S + 125, "3h2m"),
        (8 * HOUR_S + 1800, "8h"),
        (47 * HOUR_S, "47h"),
        (48 * HOUR_S, "2d"),
        (49 * HOUR_S, "2d1h"),
        (8 * DAY_S - HOUR_S, "7d23h"),
        (8 * DAY_S + HOUR_S, "8d"),
        (2 * YEAR_S - DAY_S, "729d"),
        (2 * YEAR_S, "2y"),
        (2 * YEAR_S + DAY_S, "2y1d"),
        (8 * YEAR_S - DAY_S, "7y364d"),
        (8 * YEAR_S + DAY_S, "8y"),
    ],
)
def test_an_age_has_two_or_three_figures(seconds: float, age: str) -> None:
    """Source: pkg/util/duration/duration_test.go, TestHumanDurationBoundaries."""
    assert human_age(seconds) == age
