"""What notebook 21 shows of the places to build at."""

from __future__ import annotations

import pytest
from row_21_who_builds_the_image import number, refusal


def test_each_place_has_its_price_in_won_or_in_minutes() -> None:
    found = number()

    won = sorted(found, key=lambda place: found[place][0])
    minutes = sorted(found, key=lambda place: found[place][1])
    assert (won, minutes) == (["laptop", "pod", "company", "both"], ["company", "laptop", "both", "pod"])


@pytest.mark.parametrize(
    ("place", "is_allowed"), [("laptop", False), ("company", True), ("pod", False), ("both", False)]
)
def test_a_bank_builds_inside(place: str, is_allowed: bool) -> None:
    assert (refusal(place) == "") is is_allowed
