"""Notebook 10: the points of every Node, why the losers lost, and a binding that nobody fulfils."""

from __future__ import annotations

import re

from notebook_runs import ROOT, run, text_after

PATH = ROOT / "notebooks" / "10_scheduling_is_a_proposal.ipynb"


def test_10_ends_in_the_points_of_the_winners_and_the_reasons_of_the_losers() -> None:
    number = text_after(run(PATH), "node.total or")

    rows = [line.split(maxsplit=2) for line in number.splitlines() if re.match(r"\w+ +★? +[\w-]+ ", line)]
    winners = {pod: rest for pod, mark, rest in rows if mark == "★"}
    assert {pod: rest.split()[0] for pod, rest in winners.items()} == {
        "plain": "node-2",
        "wish": "node-1",
        "otherwise": "node-3",
        "must": "node-3",
    }
    assert "node(s) were unschedulable" in number and "node(s) didn't match Pod's node affinity/selector" in number


def test_10_shows_a_binding_that_comes_to_nothing_and_a_pod_that_gives_way() -> None:
    notebook = run(PATH)

    bound = text_after(notebook, 'stop_daemon("node-1", "kubelet")\nlab.apply(LATE)')
    assert "late        Pending   node-1" in bound
    weighed = text_after(notebook, 'lab.scheduling("urgent", attempt=1)')
    assert "★ node-1: would have to go default/batch-" in weighed and "1 node(s) had untolerated taint(s)" in weighed
