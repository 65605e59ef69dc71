"""What counts as a number of the text, and where it may come from."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from prose import held, stated


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It takes 50 seconds.", {"50"}),
        ("almost **six** minutes, or 1,200 won", {"6", "1200"}),
        ("40초 뒤에", {"40"}),
        ("1.5 times, 2.0 at most", {"1.5", "2"}),
        ("`sleep 30` and [00 · The whole picture](00_the_whole_picture.ipynb)", set()),
        ("```\nkubectl scale --replicas=7\n```", set()),
        ("as Kubernetes v1.37 does, node-1 and all", set()),
        ("one of them", set()),
    ],
)
def test_a_number_is_stated_in_prose(text: str, numbers: set[str]) -> None:
    assert stated(text) == numbers


def test_what_cells_hold_is_code_and_what_it_shows() -> None:
    html = {"data": {"text/html": '<td style="width:9px">3 &gt; 2.50</td>', "text/plain": "1,000 kB"}}
    code = SimpleNamespace(cell_type="code", source="wait(40)", outputs=[{"text": "6 parts\n"}, html])

    assert held(SimpleNamespace(cells=[code])) == {"40", "6", "3", "2.50", "1000"}
