"""Notebook 14: requests lost in a restart, with a pause and without; the way of a request from inside and outside."""

from __future__ import annotations

import re

from notebook_runs import ROOT, run, text_after

PATH = ROOT / "notebooks" / "14_the_proxy_meets_the_users.ipynb"


def test_14_loses_requests_in_a_restart_unless_pods_wait_before_they_stop() -> None:
    number = text_after(run(PATH), "for pause in (0, 5)")

    lost = [int(found) for found in re.findall(r"s: +(\d+) requests lost", number)]
    assert lost[0] > 50 and lost[1] == 0
    assert 1 <= float(re.findall(r"idlest pod: ([\d.]+)", number)[0]) < 2


def test_14_follows_a_request_over_rules_and_sends_none_to_a_pod_that_is_not_ready() -> None:
    notebook = run(PATH)

    assert "rule in the kernel of node-2" in text_after(notebook, 'source="node-2")')
    assert "rule in the kernel of node-1" in text_after(notebook, 'source="outside")')
    answers = re.findall(r"^\d+ requests: (\d+) from", text_after(notebook, "answer.pod) for"), re.MULTILINE)
    assert answers == ["200"] * 3
