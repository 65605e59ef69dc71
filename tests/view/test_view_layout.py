"""Nobody moves because somebody else came or went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slab.view.layout import Layout

GUESTS = st.lists(st.sampled_from("abcdefgh"), unique=True)


def test_newcomers_sit_down_in_order() -> None:
    assert Layout().seat("row", ["b", "a"]) == {"b": 0, "a": 1}


def test_a_freed_seat_is_used_again() -> None:
    layout = Layout()
    layout.seat("row", ["a", "b", "c"])
    layout.seat("row", ["a", "c"])

    assert layout.seat("row", ["d", "c", "e", "a"]) == {"c": 2, "a": 0, "d": 1, "e": 3}


def test_places_do_not_know_of_each_other() -> None:
    layout = Layout()
    layout.seat("left", ["a"])

    assert layout.seat("right", ["b"]) == {"b": 0}


@given(st.lists(GUESTS, min_size=1))
def test_who_stays_never_moves_and_nobody_shares_a_seat(pictures: list[list[str]]) -> None:
    layout, before = Layout(), {}

    for guests in pictures:
        seats = layout.seat("row", guests)
        assert set(seats) == set(guests)
        assert len(set(seats.values())) == len(seats)
        assert {guest: seats[guest] for guest in seats if guest in before} == {
            guest: before[guest] for guest in seats if guest in before
        }
        assert all(seats[guest] < len(guests) for guest in guests if guest not in before)
        before = dict(seats)


def test_the_first_value_of_a_name_stays() -> None:
    layout = Layout()

    assert (layout.once("columns", 3), layout.once("columns", 4), layout.once("zones", 0)) == (3, 3, 0)


@pytest.mark.parametrize(
    ("needs", "least", "rooms"),
    [
        ([3, 5, 4, 3], 2, [3, 5, 5, 5]),
        ([8, 4], 2, [8, 8]),
        ([8, 3], 2, [8, 3]),
        ([1, 1], 3, [3, 3]),
    ],
)
def test_a_grid_gives_room_back_only_when_less_than_half_is_used(
    needs: list[int], least: int, rooms: list[int]
) -> None:
    layout = Layout()

    assert [layout.room("rows", needed, least) for needed in needs] == rooms


@pytest.mark.parametrize(
    ("amounts", "answers"),
    [
        ([60, 61, 55, 51, 50, 55], [False, True, True, True, False, False]),
        ([55], [False]),
        ([61, 0, 60], [True, False, False]),
    ],
)
def test_a_limit_that_was_crossed_is_not_crossed_back_at_once(amounts: list[int], answers: list[bool]) -> None:
    layout = Layout()

    assert [layout.is_above("dots?", amount, 60, 50) for amount in amounts] == answers
