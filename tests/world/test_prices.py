"""The table of prices: what it says, what it refuses, and how it is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8slab.world import PriceError, Prices, list_prices

GIB = 1024**3
HOLES = [
    ({"traffic.internet_gb": None}, 'has a hole: "traffic.internet_gb" is empty'),
    ({"traffic": {"internet_gb": ""}}, 'has a hole: "traffic.internet_gb" is empty'),
    ({"storage.mine.gb_month": 1}, 'has a hole: "storage.mine.read_gb" is missing'),
    ({"line.gb": -0.01}, '"line.gb" in the table of prices must be a number that is not negative, not -0.01'),
    ({"spot": float("nan")}, '"spot" in the table of prices must be a number that is not negative, not nan'),
    ({"address_hour": float("inf")}, '"address_hour" in the table of prices must be a number that is not negative'),
    ({"address_hour": "5 won"}, "\"address_hour\" in the table of prices must be a number, not '5 won'"),
    ({"build_minute": True}, '"build_minute" in the table of prices must be a number, not True'),
    ({"vm.x1": {"cpu": "much", "memory": "1Gi", "hour": 1}}, '"vm.x1.cpu" in the table of prices must be an amount'),
    ({"vm.x1": {"cpu": 1, "memory": 0, "hour": 1}}, '"vm.x1.memory" in the table of prices must be an amount'),
    ({"line": 3}, '"line" in the table of prices must have entries of its own, not 3'),
    ({"vm": {"c4": 3}}, '"vm.c4" in the table of prices must have entries of its own, not 3'),
    ({"trafic.internet_gb": 1}, 'knows no "trafic"; there are: date, source'),
    ({"traffic.moon_gb": 1}, 'knows no "traffic.moon_gb"; there are: traffic.same_zone_gb'),
    ({"won_per_dollar": 0}, '"won_per_dollar" in the table of prices must be more than 0'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "text"), HOLES, ids=[str(next(iter(changes))) + str(n) for n, (changes, _) in enumerate(HOLES)]
)
def test_a_hole_or_a_price_that_is_none_is_told_by_the_name_of_the_entry(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(PriceError) as told:
        list_prices().changed(changes)

    assert text in str(told.value)


def test_a_table_without_an_entry_has_a_hole() -> None:
    with pytest.raises(PriceError, match='has a hole: "won_per_dollar" is missing'):
        Prices({"date": "2026-01", "source": "nobody"})


def test_prices_are_changed_by_path_or_nested_and_the_rest_stays() -> None:
    changed = list_prices().changed({"traffic.internet_gb": 0.12, "line": {"month": 100}})

    assert (changed["traffic.internet_gb"], changed["line.month"]) == (0.12, 100)
    assert changed["line.gb"] == list_prices()["line.gb"]
    assert changed.differences(list_prices()) == {"traffic.internet_gb": 0.12, "line.month": 100}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("spot: 0.5", ""),
        ("spot: [", "is not YAML"),
        ("!!python/object/apply:os.getcwd []", "is not YAML"),
        ("- 1", "is no table of prices"),
    ],
)
def test_a_learner_may_edit_a_file(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)

    if problem:
        with pytest.raises(PriceError, match=problem):
            list_prices().changed(path)
    else:
        assert list_prices().changed(str(path))["spot"] == 0.5


@pytest.mark.parametrize(
    ("cpu_m", "memory", "name", "hour"),
    [(4000, 8, "c4", 0.17), (2000, 16, "r2", 0.126), (4000, 7, "custom-4-7168", 4 * 0.034 + 7 * 0.0045)],
)
def test_a_vm_has_the_size_that_fits_or_one_made_to_measure(cpu_m: int, memory: int, name: str, hour: float) -> None:
    size = list_prices().vm_size_of(cpu_m, memory * GIB)

    assert (size.name, size.dollars_per_hour) == (name, pytest.approx(hour))
    assert list_prices().vm_size(name) == size


@pytest.mark.parametrize("name", ["c3", "custom", "custom-x-1", "custom-4", "custom-0-1024", "custom-1-0"])
def test_a_size_that_is_none_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(PriceError, match=f'no size "{name}" for a VM; there are: c2, c4'):
        list_prices().vm_size(name)


def test_the_table_says_when_and_whence() -> None:
    assert (list_prices().date, list_prices().source) == ("2026-01", "list price of a large cloud, rounded")
    assert repr(list_prices()).startswith("Dollars; list price of a large cloud, rounded, 2026-01")


def test_a_price_that_is_none_is_asked_for_in_vain() -> None:
    with pytest.raises(PriceError, match=r'no "moon\.hour"; there are: won_per_dollar, vm\.c2\.hour'):
        list_prices()["moon.hour"]
