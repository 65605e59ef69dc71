"""Notebook 01 tells of one death twice: what a playbook learns of it, and what the kubelet writes down."""

from __future__ import annotations

import re

from notebook_runs import ROOT, run, text_after

NOTEBOOK = ROOT / "notebooks" / "01_push_or_watch.ipynb"


def test_01_ends_in_the_seconds_of_both_and_what_each_knew() -> None:
    pushed, watched = text_after(run(NOTEBOOK), 'print(f"push:').splitlines()[:2]

    late = re.fullmatch(r"push: +(\d+) s, known: changed", pushed)
    assert late and 25 * 60 <= int(late[1]) < 26 * 60  # it died at minute 35, the next run came at minute 60
    assert watched == "watch:      1 s at most, known: exit code 1, 'no memory left',"


def test_01_sees_the_death_coming_in_the_reports_while_the_playbook_says_ok() -> None:
    notebook = run(NOTEBOOK)

    reports = [int(line.split()[-2]) for line in text_after(notebook, "megabytes").splitlines() if line.endswith("MB")]
    assert len(reports) == 6 and reports == sorted(set(reports))
    pushes = [cell for cell in notebook.cells if cell.cell_type == "code" and "lab.cluster.playbook(" in cell.source]
    changes = [
        re.findall(r"\b(ok|changed|unreachable)=(\d)", text) for text in (cell.outputs[0].text for cell in pushes)
    ]
    assert [dict(found)["changed"] for found in changes] == ["1", "0", "1", "0"]
    assert dict(changes[-1])["unreachable"] == "1"


def test_01_shows_the_runs_of_the_playbook_on_the_time_line() -> None:
    lines = text_after(run(NOTEBOOK), "lab.timeline()").splitlines()

    lane = next(line for line in lines if line.startswith("nodes and faults"))
    assert "levers" in lane and "fault" in lane
