"""What a cell shows when it is done."""

from __future__ import annotations

import pytest
from notebook_shell import Session


def test_the_first_cell_with_a_lab_shows_it(bare: Session) -> None:
    cell = bare.run("import k8slab.lab\nlab = k8slab.lab.Lab(1)")

    assert len(cell.pictures) == 1


@pytest.mark.parametrize(
    "source",
    [
        "lab.run('1s')",
        "lab.fail('node-1')",
        "_ = lab.kubectl('create deployment web --image=nginx')",
        "%kubectl create deployment web --image=nginx",
        "lab.client.delete('Service', 'kubernetes', 'default');",
    ],
)
def test_a_cell_that_touched_the_cluster_ends_with_a_picture(session: Session, source: str) -> None:
    assert len(session.run(source).pictures) == 1


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "%kubectl get nodes",
        "lab.client.list('Pod')",
        "lab.graph();",
        "%kubectl get nothing-like-that",
        "1 / 0",
    ],
)
def test_a_cell_that_did_not_touch_it_shows_none(session: Session, source: str) -> None:
    assert session.run(source).pictures == []


def test_a_touched_cluster_is_shown_once(session: Session) -> None:
    session.run("lab.run('1s')")

    assert session.run("x = 1").pictures == []


def test_a_cell_that_shows_the_picture_itself_shows_it_once(session: Session) -> None:
    assert len(session.run("lab.run('1s')\ndisplay(lab.picture())").pictures) == 1


def test_a_cell_that_failed_still_shows_what_it_did(session: Session) -> None:
    assert len(session.run("lab.run('1s')\n1 / 0").pictures) == 1


def test_the_cluster_comes_to_rest_before_it_is_shown(session: Session) -> None:
    session.run("%kubectl create deployment web --image=nginx --replicas=2")

    assert session["lab"].last.scene.text == "2 of 2 Nodes Ready; 2 Pods: 2 Ready"


@pytest.mark.parametrize(("moves", "ready"), [("lab.run('0s')", 0), ("lab.step()", 0), ("lab.run('1m')", 2)])
def test_a_cell_that_moves_time_keeps_it(session: Session, moves: str, ready: int) -> None:
    session.run(f"%kubectl create deployment web --image=nginx --replicas=2\n{moves};")

    pods = session["lab"].last.facts.pods
    assert sum(pod.state == "ready" for pod in pods if not pod.is_folded) == ready


@pytest.mark.parametrize("moves", ["lab.run('1s')", "lab.step()", "lab.run('soon')"])
def test_the_next_cell_comes_to_rest_again(session: Session, moves: str) -> None:
    session.run(moves)

    session.run("%kubectl create deployment web --image=nginx --replicas=2")

    assert session["lab"].last.scene.text == "2 of 2 Nodes Ready; 2 Pods: 2 Ready"


def test_a_cluster_without_its_control_plane_is_still_shown(session: Session) -> None:
    session["lab"].controls()

    cell = session.run("lab.fail('control-plane')")

    assert (len(cell.pictures), cell.text) == (1, "")
    assert session["lab"].last.scene.text.endswith("the API server does not answer: this is what was last seen")


def test_the_grader_draws_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: nbgrader, the variable NBGRADER_EXECUTION that it sets in the kernels it starts."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")

    assert session.run("lab.run('1s')").shown == []


def test_only_the_newest_lab_is_live(session: Session) -> None:
    session.run("old, lab = lab, k8slab.lab.Lab(2)")

    assert session.run("old.run('1s')").pictures == []
    assert len(session.run("lab.run('1s')").pictures) == 1
    assert "node-2" in session.run("%kubectl get nodes").text


def test_a_second_lab_does_not_double_the_picture(session: Session) -> None:
    session.run("lab = k8slab.lab.Lab(1)\nlab = k8slab.lab.Lab(1)")

    assert len(session.run("lab.run('1s')").pictures) == 1


def test_a_lab_works_without_a_notebook(bare: Session) -> None:
    bare.shell.clear_instance()
    from k8slab.lab import Lab

    lab = Lab(1)

    assert lab.picture().text.startswith("2 of 2 Nodes Ready")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("lab.client.get('Pod', 'nope', 'default')", 'Error from server (NotFound): pods "nope" not found'),
        ("lab.run('soon')", "soon"),
        ("lab.fail('node-9')", "node-9"),
        ("k8slab.lab.Lab(1, lang='fr')", 'unknown language "fr"'),
        ("k8slab.lab.Exercise('nope')", 'there is no exercise "nope"'),
        ("%%manifest --force\nkind: Pod", "%%manifest knows only --dry-run, not '--force'"),
        ("%%manifest\nkind: Pod", "apiVersion"),
    ],
)
def test_a_mistake_of_the_learner_s_is_answered_in_one_line(session: Session, source: str, line: str) -> None:
    cell = session.run(source)

    (said,) = cell.mistakes
    assert line in said
    assert "Traceback" not in cell.text
    assert cell.error is not None


def test_what_is_said_of_a_mistake_is_escaped(session: Session) -> None:
    cell = session.run("lab.client.get('Pod', '<b>', 'default')")

    assert [data["text/html"] for data in cell.shown if "<b>" in data["text/html"]] == []
    assert "<b>" in cell.mistakes[0]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("int('x')", "ValueError"),
        ("raise ValueError('mine')", "ValueError"),
        ("lab.nonsense", "AttributeError"),
    ],
)
def test_an_error_of_the_learner_s_own_code_is_a_traceback_as_always(session: Session, source: str, name: str) -> None:
    cell = session.run(source)

    assert cell.mistakes == []
    assert "Traceback" in cell.text and name in cell.text


def test_before_there_is_a_lab_a_magic_says_so(session: Session) -> None:
    from k8slab.lab.notebook import Notebook

    Notebook.attach(session["lab"]).lab = None  # type: ignore[union-attr]

    assert session.run("%kubectl get pods").mistakes == ["there is no lab yet: run `lab = k8slab.Lab()` first"]


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("lab.run('1s')", True),
        ("lab.fail('node-1')", False),
        ("lab.kubectl('create configmap a')", False),
        ("display(lab.picture())", False),
    ],
)
def test_the_graph_is_folded_when_nothing_has_changed(session: Session, source: str, folded: bool) -> None:
    session.run("lab.picture()")

    shown = session.run(source).pictures
    assert [page.startswith("<details") for page in shown] == [folded]
