"""Notebook 06 ends in seconds of patience, and shows that a kubelet needs nobody to look after its containers."""

from __future__ import annotations

import ast
import re

from notebook_runs import ROOT, run, text_after

NOTEBOOK = ROOT / "notebooks" / "06_kubelet_speaks_for_its_node.ipynb"


def test_06_ends_in_the_seconds_to_a_replacement_which_grow_with_the_pod_s_patience() -> None:
    shown = text_after(run(NOTEBOOK), "for tolerance in")

    found = re.findall(r"tolerationSeconds: +(\d+)  a new pod after (\d+) s", shown)
    waits = {int(tolerance): int(seconds) for tolerance, seconds in found}
    assert list(waits) == [0, 60, 300]
    assert {wait - tolerance for tolerance, wait in waits.items()} == {waits[0]}  # the control plane's own patience
    assert 40 < waits[0] < 65  # node-monitor-grace-period, and the heartbeat before it


def test_06_tells_a_power_cut_in_its_four_moments() -> None:
    shown = text_after(run(NOTEBOOK), "the last heartbeat")

    heartbeat, unknown, replaced, serves = map(int, re.findall(r"(\d+) s", shown))
    assert heartbeat < 10 and 40 < unknown < 65
    assert 300 <= replaced - unknown < 310 and replaced <= serves


def test_06_shows_a_mirror_younger_than_its_container_and_pauses_that_double() -> None:
    notebook = run(NOTEBOOK)

    started, created = (line.split()[0] for line in text_after(notebook, "container started").splitlines()[:2])
    gaps = ast.literal_eval(text_after(notebook, "zip(moments").splitlines()[0])
    assert started < created
    assert [round(gap, -1) for gap in gaps[1:]] == [10, 20, 40, 80, 160]
