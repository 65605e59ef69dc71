"""Notebook 21: won per month and minutes per release for each place, and the one place that a bank has."""

from __future__ import annotations

import re

from notebook_runs import ROOT, run, text_after

PATH = ROOT / "notebooks" / "21_who_builds_the_image.ipynb"


def test_21_compares_four_places_and_ends_in_the_learners_own_two_numbers() -> None:
    notebook = run(PATH)

    rows = [line.split(maxsplit=3) for line in text_after(notebook, "print(table(places))").splitlines()[1:5]]
    minutes = {name: float(spent) for _, spent, _, name in rows}
    assert min(minutes, key=lambda name: minutes[name]) == "in the company" and minutes["at home"] < minutes["in a pod"]
    assert "won per month, 1.24 minutes per release\nin a bank: allowed" in text_after(notebook, "decide(PLACE")


def test_21_leaves_a_bank_one_place_and_releases_from_it() -> None:
    notebook = run(PATH)

    told = text_after(notebook, "print(table(allowed))")
    assert re.findall(r"-  (\w.*): source may only", told) == ["at home", "in a pod", "on both sides"]
    assert "registry.shop.example/shop/web:3" in text_after(notebook, 'slab.release(**release, builder="office")')
