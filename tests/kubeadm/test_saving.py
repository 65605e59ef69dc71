"""What is done to a cluster is written down, and what is written down can be saved, loaded and done again."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8slab import Cluster
from k8slab import kubeadm as room
from k8slab.kubeadm.journal import TYPED
from k8slab.kubeadm.saving import ACTS, BUILT_WITH, BUILT_WITH_MAYBE, CODE

SHARED = {"store", "loop"}  # what a cluster with these has lived is not its own
OF_THE_JOURNAL = {"request", "wait"}  # it writes these down itself
DONE_OTHERWISE = {"request", "wait", "step", "send", "metric", "console", *TYPED}  # see journal.replay


def texts(node: ast.expr, function: ast.AST) -> set[str]:
    """The texts that an expression in a function can be."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return texts(node.body, function) | texts(node.orelse, function)
    assert isinstance(node, ast.Name), ast.dump(node)
    assigned = [one for one in ast.walk(function) if isinstance(one, ast.Assign)]
    return {text for one in assigned if ast.unparse(one.targets[0]) == node.id for text in texts(one.value, function)}


def notes() -> Iterator[tuple[str, int]]:
    """Every act that is written down anywhere in the room, with how many values."""
    for path in sorted(Path(str(room.__file__)).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if ast.unparse(call.func).endswith("journal.note"):
                    for act in texts(call.args[1], function):
                        yield act, -1 if any(one.arg is None for one in call.keywords) else len(call.keywords)


def test_no_input_is_forgotten_when_a_cluster_is_saved() -> None:
    noted = {act for act, _ in notes()}

    assert noted | OF_THE_JOURNAL == {*ACTS, *CODE}


@pytest.mark.parametrize(("act", "count"), sorted({*notes()}))
def test_an_input_can_be_done_again(act: str, count: int) -> None:
    """Its values are given in order to the method of its name."""
    if act in DONE_OTHERWISE | set(CODE):
        return
    given = list(inspect.signature(getattr(Cluster, act)).parameters)[1:]

    assert count <= len(given)


def test_no_choice_is_forgotten_when_a_cluster_is_saved() -> None:
    choices = set(inspect.signature(Cluster.__init__).parameters) - {"self"}

    assert choices - SHARED == {*BUILT_WITH, *BUILT_WITH_MAYBE}


def test_a_crash_and_a_release_are_kept(tmp_path: Path) -> None:
    cluster = Cluster(nodes=1, version="v1.36")
    cluster.kubectl("run web --image=nginx")
    cluster.settle()
    cluster.crash("web")
    cluster.run("1m")
    cluster.save(tmp_path / "cluster.jsonl")

    again = Cluster.load(tmp_path / "cluster.jsonl")

    assert again.kubectl("get pods,nodes") == cluster.kubectl("get pods,nodes")
    assert "1 (60s ago)" in again.kubectl("get pods")


@pytest.mark.parametrize("act", ["webhook", "image"])
def test_code_cannot_be_saved_and_that_is_said(act: str, tmp_path: Path) -> None:
    cluster = Cluster(nodes=0)
    cluster.journal.note(cluster.now, act, name="mine")

    with pytest.raises(ValueError, match=rf"cannot be saved: it was given Python code \({act} mine\)"):
        cluster.save(tmp_path / "cluster.jsonl")
