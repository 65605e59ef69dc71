"""A tape in a notebook grows after each cell, and its buttons tear and mend it."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import pytest
from notebook_shell import Session

from k8slab.lab import Lab


def screen(panel: Any) -> str:
    (found,) = [part for part in panel.widget.children if isinstance(part, widgets.HTML)]
    return str(found.value)


def buttons(panel: Any) -> list[widgets.Button]:
    return list(panel.widget.children[0].children)


@pytest.fixture
def lab() -> Lab:
    return Lab(1, lang="en")


def test_a_tape_follows_the_cells(session: Session) -> None:
    session.run("tape = lab.tape('pods', 'default')")
    session.run("%kubectl run web --image=nginx:1.27")

    types = [line.type for line in session["tape"].tape.lines]
    assert types == ["LIST", "WATCH", "ADDED", "MODIFIED", "MODIFIED", "MODIFIED"]
    assert screen(session["tape"]).count("<tr style") == len(types)


def test_a_cell_that_is_run_again_leaves_one_tape(session: Session) -> None:
    session.run("first = lab.tape('pods', 'default')")
    session.run("tape = lab.tape('pods', 'default')")
    session.run("other = lab.tape('nodes')")

    assert not session["first"].tape.is_open
    assert session["tape"].tape.is_open and session["other"].tape.is_open


def test_lines_are_those_of_this_moment(lab: Lab) -> None:
    tape = lab.tape("pods", "default", "run=web")
    lab.kubectl("run web --image=nginx:1.27")
    lab.kubectl("run db --image=nginx:1.27")

    assert [(line.type, line.what) for line in list(tape.lines)[2:]] == [("ADDED", "web")]


def test_the_buttons_tear_and_mend(lab: Lab) -> None:
    tape = lab.tape("pods", "default")
    tear, mend = buttons(tape)
    was = tear.disabled, mend.disabled
    tear.click()
    lab.kubectl("run web --image=nginx:1.27")
    silent = [tear.disabled, mend.disabled, "ADDED" in screen(tape)]
    mend.click()

    assert (was, silent) == ((False, True), [True, False, False])
    assert "ADDED" in screen(tape) and (tear.disabled, mend.disabled) == (False, True)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_buttons_have_words_and_hints(lang: str) -> None:
    tear, mend = buttons(Lab(1, lang=lang).tape("pods"))

    assert len({tear.description, mend.description, tear.tooltip, mend.tooltip}) == 4


@pytest.mark.parametrize(("static", "is_live"), [("", True), ("1", False)])
def test_without_a_kernel_the_table_stays(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, static: str, is_live: bool
) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", static)

    shown = lab.tape("pods")._repr_mimebundle_()

    assert ("application/vnd.jupyter.widget-view+json" in shown) == is_live
    assert shown["text/plain"].startswith("Watch of pods") and "<table" in shown["text/html"]


def test_a_served_cluster_wakes_its_notebook(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that paces the cluster must not draw; it asks the notebook to."""
    tape, asked = lab.tape("pods", "default"), []

    class Notebook:
        is_closed = staticmethod(lambda: False)
        call_soon_threadsafe = staticmethod(asked.append)

    monkeypatch.setattr(tape, "_notebook", Notebook)
    lab.kubectl("run web --image=nginx:1.27")
    before = len(asked)
    monkeypatch.setattr(lab, "server", object())
    lab.kubectl("run db --image=nginx:1.27")
    lab.kubectl("run cache --image=nginx:1.27")

    assert (before, len(asked)) == (0, 1)  # one look is enough for both
    asked.pop()()
    assert "cache" in screen(tape)
    lab.kubectl("run queue --image=nginx:1.27")
    assert len(asked) == 1


def test_a_kind_that_is_none_is_answered_in_one_line(session: Session) -> None:
    assert "gadgets" in session.run("lab.tape('gadgets')").mistakes[0]
