"""Every notebook runs from top to bottom, and shows what its text says it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from notebook_runs import ROOT, outputs, run, text_after
from prose import held, stated

NOTEBOOKS = sorted(path for place in ("", "ko") for path in (ROOT / "notebooks" / place).glob("*.ipynb"))
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
RELEASES = sorted((ROOT / "solutions").glob("*/exercise.ipynb"))


def strings_of(name: str) -> dict[str, str]:
    """The Korean of the strings in its code, as its ko.md lists them."""
    listed = (ROOT / "course" / name / "ko.md").read_text("utf-8").partition("<!-- strings -->\n")[2]
    return dict(line.split(" => ") for line in listed.splitlines())


def answers(notebook: Any, source: str = "lab.score()") -> list[str]:
    """What the score card of this cell says that happened, per prediction."""
    return [line.rpartition(" / ")[2] for line in text_after(notebook, source).splitlines() if " / " in line]


@pytest.mark.parametrize("path", [*NOTEBOOKS, *RELEASES], ids=lambda path: "-".join(path.parts[-2:])[:-6])
def test_it_runs_and_writes_nothing_to_stderr(path: Path) -> None:
    found = outputs(run(path))

    assert found and [output for output in found if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: "-".join(path.parts[-2:])[:-6])
def test_every_number_in_its_prose_comes_from_a_cell(path: Path) -> None:
    notebook = run(path)

    texts = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    made_up = {id_: numbers for id_, text in texts.items() if (numbers := stated(text) - held(notebook))}

    assert made_up == {}


@pytest.mark.parametrize("name", LESSONS)
def test_the_verdicts_of_a_korean_notebook_are_those_of_the_english_one(name: str) -> None:
    english, korean = (answers(run(ROOT / "notebooks" / folder / f"{name}.ipynb")) for folder in ("", "ko"))

    strings, unit = strings_of(name), re.compile(r"(?<=\d )\D+$")
    expected = [strings.get(told, unit.sub(lambda one: strings.get(one[0], one[0]), told)) for told in english]
    assert korean == expected != []


@pytest.mark.long
@pytest.mark.parametrize("name", LESSONS)
def test_every_verdict_can_be_asked_for_again_at_the_end(name: str, tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)
    verdicts = [cell.source for cell in notebook.cells if ".verdict(" in cell.source]
    notebook.cells += [new_code_cell(source) for source in (*verdicts, "lab.score()  # again")]
    nbformat.write(notebook, tmp_path / "again.ipynb")

    again = run(tmp_path / "again.ipynb")

    assert answers(again, "# again") == answers(again) != []


@pytest.mark.parametrize("name", LESSONS)
def test_the_predictions_of_a_korean_notebook_have_korean_options(name: str) -> None:
    notebook = run(ROOT / "notebooks" / "ko" / f"{name}.ipynb")

    shown = "\n".join(out.get("data", {}).get("text/plain", "") for out in outputs(notebook))
    options = [option for line in re.findall(r"다음 중 하나: (.+)", shown) for option in line.split(" | ")]
    translated = {*strings_of(name).values()}
    assert {option for option in options if re.search("[a-z]{2}", option)} <= translated
    assert len(options) >= 4


def test_00_tells_the_story_of_a_dead_node_with_its_writers() -> None:
    notebook = run(ROOT / "notebooks" / "00_the_whole_picture.ipynb")

    story = text_after(notebook, 'lab.run("7m")')
    parts = [
        "no heartbeat for 40 s",
        "status.conditions[Ready] True → Unknown (NodeStatusUnknown)",
        "node.kubernetes.io/unreachable:NoExecute  [node-controller]",
        "deleted; status.conditions[Ready] True → False  [node-controller]",
        "+ Pod default/web-",
        "[replicaset-controller, scheduler, kubelet node-2]",
    ]
    places = [story.rindex(part) for part in parts]
    assert places == sorted(places)
    assert "parts reacted to you, in" in text_after(notebook, "parts reacted")


def test_02_shows_four_messages_and_410_gone() -> None:
    notebook = run(ROOT / "notebooks" / "02_watch_not_listen.ipynb")

    types = [line.split()[0] for line in text_after(notebook, "for type_, pod in messages").splitlines() if line]
    assert types == ["ADDED", "MODIFIED", "MODIFIED", "MODIFIED"]
    torn, late = text_after(notebook, "tape.mend()\ntape"), text_after(notebook, "answers =")
    assert "TORN" in torn and "410" not in torn and "size large → small" in torn
    assert "410 Expired  too old resource version" in late and "→ WATCH" in late.splitlines()[-1]
    assert "150 times the requests" in text_after(notebook, "times the requests")


def test_a_korean_notebook_speaks_korean_in_its_pictures() -> None:
    notebook = run(ROOT / "notebooks" / "ko" / "02_watch_not_listen.ipynb")

    assert "Pod 1개: 1 Ready" in text_after(notebook, "%kubectl run web")


def test_a_static_notebook_holds_pictures_with_their_description() -> None:
    notebook = run(ROOT / "notebooks" / "02_watch_not_listen.ipynb", K8SLAB_STATIC="1")

    html = [out["data"]["text/html"] for out in outputs(notebook) if "text/html" in out.get("data", {})]
    assert any('<img alt="4 of 4 Nodes Ready' in page and "data:image/png;base64," in page for page in html)
    assert not any("<svg" in page for page in html)
