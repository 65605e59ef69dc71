"""What notebook 21 shows of the places to build at."""

from __future__ import annotations

from row_21_who_builds_the_image import number


def test_each_place_has_its_price_in_won_or_in_minutes() -> None:
    found = number()

    won = [place.name for place in sorted(found, key=lambda place: place.won)]
    minutes = [place.name for place in sorted(found, key=lambda place: place.minutes)]
    assert found[0].won == 0  # it sends over a line that is paid for anyhow, into a cloud that takes bytes for nothing
    assert (won, minutes) == (["laptop", "pod", "company", "both"], ["company", "both", "laptop", "pod"])


def test_a_bank_builds_inside() -> None:
    refused = [place.name for place in number(rule=["company"]) if place.refusal]

    assert refused == ["laptop", "pod", "both"]
