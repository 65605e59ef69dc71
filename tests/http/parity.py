"""What the two kubectls are compared by: the scenarios, and the rules that name each difference that may be.

`page` counts what `test_real_kubectl.py` proves: a command that no rule is about reads the same in both, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

SCENARIOS = Path(__file__).parent.parent / "scenarios"
HEREDOC = "<<EOF"
LEFT = "this slab's kubectl"  # begins the answer that names the real one


class Rule(NamedTuple):
    """A difference, and why there is one.

    It may be in the commands that `where` finds in `scenario: line`; what `hides` finds in both answers becomes `by`.
    """

    name: str
    reason: str
    where: str
    hides: str
    by: str = ""
    in_no_order: bool = False
    ends_otherwise: bool = False  # and so may the exit code


ALWAYS = (
    Rule("age", "the real clock goes on while a command starts", "", r"\b\d+(?:d|h|m|s)(?:\d+[hms])?\b", "AGE"),
    Rule("moment", "so do moments", "", r"(?<!\d)\d\d:\d\d:\d\d(\.\d+)?", "TIME"),
    Rule(
        "version",
        "a revision counts the writes of all, and some come earlier or later",
        "",
        r'(resourceVersion\W+|Resource Version: *)\d+"?',
        r"\1N",
    ),
    Rule("width", "columns are as wide as the ages in them", "", r"(?<=\S)[ \t]+", " "),
)
RULES = (
    Rule(
        "progress",
        "which steps of a rollout are seen depends on the real clock; that it ends, and how, does not",
        "rollout status",
        r"^Waiting for deployment .*\n",
    ),
    Rule(
        "watch",
        "which changes have happened before the first list depends on the real clock; what is seen in the end does not",
        r"get .*(-w|--watch)\b",
        r"^.* (Pending|ContainerCreating) .*\n?",
        in_no_order=True,
    ),
    Rule("at once", "drain evicts several pods at the same time", ": kubectl drain", "$^", in_no_order=True),
    Rule(
        "ties",
        "what is as big, or happened in the same second, stands in any order",
        ": kubectl (top .*--sort-by|events --for cronjob)",
        "$^",
        in_no_order=True,
    ),
    Rule(
        "logs of several", "the logs of several pods come in any order", ": kubectl logs .*-l ", "$^", in_no_order=True
    ),
    Rule(
        "months",
        "for the real kubectl a scenario of January 2026 is long ago",
        "wait_and_events: kubectl describe pod",
        r"\(lasts .*\)",
        "(lasts)",
    ),
    Rule(
        "a key twice",
        "the real kubectl takes the last of two values without a word; here that is a mistake",
        "errors: kubectl apply --dry-run=server",
        r"^(error: error parsing .* already set in map|pod/web created \(server dry run\))$",
        "twice",
        ends_otherwise=True,
    ),
    Rule("exec id", "an exec gets an id by chance", ": kubectl exec", r'failed to start exec "[0-9a-f]{64}"', "ID"),
)


class Typed(NamedTuple):
    """One command of a scenario, and what the in-process kubectl answers."""

    scenario: str
    line: str
    stdin: str
    answer: list[str]

    @property
    def verb(self) -> str:
        """The word behind `kubectl`; "" for what is done to the cluster instead."""
        program, _, rest = self.line.partition(" ")
        return rest.partition(" ")[0] if program == "kubectl" else ""

    @property
    def is_left(self) -> bool:
        """The in-process kubectl leaves this to the real one."""
        return LEFT in "".join(self.answer)

    @property
    def rules(self) -> list[Rule]:
        """The differences that may be here."""
        return [rule for rule in RULES if re.search(rule.where, f"{self.scenario}: {self.line}")]


def typed(scenario: str) -> list[Typed]:
    """What is typed in a scenario."""
    found: list[Typed] = []
    lines = iter((SCENARIOS / f"{scenario}.txt").read_text("utf-8").splitlines())
    for line in lines:
        if line.startswith("$ "):
            stdin = "".join(_heredoc(lines)) if line.endswith(HEREDOC) else ""
            found.append(Typed(scenario, line.removeprefix("$ ").removesuffix(HEREDOC).strip(), stdin, []))
        elif found:
            found[-1].answer.append(line)
    return found


def _heredoc(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == "EOF":
            return
        yield line + "\n"


def told(lines: Iterable[str], rules: Iterable[Rule] = ()) -> list[str]:
    """The lines as they are compared: without what differs between any two runs, and what the rules hide."""
    text = "\n".join(line.rstrip("\n") for line in lines)
    for rule in (*ALWAYS, *rules):
        text = re.sub(rule.hides, rule.by, text, flags=re.MULTILINE)
    shown = [line.rstrip() for line in text.splitlines()]
    return sorted(set(shown)) if any(rule.in_no_order for rule in rules) else shown
