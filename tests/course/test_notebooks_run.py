"""Every notebook runs from top to bottom, and shows what its text says it shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[0-9]*.ipynb"))
RELEASES = sorted((ROOT / "solutions").glob("*/exercise.ipynb"))


def run(path: Path, **environment: str) -> Any:
    """Execute a notebook as Jupyter does. An error in a cell is an error here."""
    notebook = nbformat.read(path, 4)
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}})
    client.execute(env={**os.environ, "JPY_SESSION_NAME": str(path), **environment})
    return notebook


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text_after(notebook: Any, source: str) -> str:
    """What the cell with this source shows as text."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and source in cell.source)
    return "\n".join(out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs)


@pytest.mark.parametrize("path", [*NOTEBOOKS, *RELEASES], ids=lambda path: "-".join(path.parts[-2:])[:-6])
def test_it_runs_and_writes_nothing_to_stderr(path: Path) -> None:
    found = outputs(run(path))

    assert found and [output for output in found if output.get("name") == "stderr"] == []


def test_00_tells_the_story_of_a_dead_node_with_its_writers() -> None:
    notebook = run(ROOT / "notebooks" / "00_the_whole_picture.ipynb")

    story = text_after(notebook, 'lab.run("7m")')
    parts = [
        "no heartbeat for 40 s",
        "status.conditions[Ready] True → Unknown (NodeStatusUnknown)",
        "node.kubernetes.io/unreachable:NoExecute  [node-controller]",
        "status.conditions[DisruptionTarget] — → True  [node-controller]",
        "created · owner ReplicaSet",
    ]
    places = [story.index(part) for part in parts]
    assert places == sorted(places)
    assert "parts reacted to you, in" in text_after(notebook, "parts reacted")


def test_02_shows_four_messages_and_410_gone() -> None:
    notebook = run(ROOT / "notebooks" / "02_watch_not_listen.ipynb")

    types = [line.split()[0] for line in text_after(notebook, "for type_, pod in tape").splitlines() if line]
    assert types == ["ADDED", "MODIFIED", "MODIFIED", "MODIFIED"]
    assert "('ERROR', 410, 'too old resource version" in text_after(notebook, "since=mark")
    assert "150 times the requests" in text_after(notebook, "times the requests")


def test_a_korean_notebook_speaks_korean_in_its_pictures() -> None:
    notebook = run(ROOT / "notebooks" / "ko" / "02_watch_not_listen.ipynb")

    assert "Pod 1개: 1 Ready" in text_after(notebook, "%kubectl run web")


def test_a_static_notebook_holds_pictures_with_their_description() -> None:
    notebook = run(ROOT / "notebooks" / "02_watch_not_listen.ipynb", K8SLAB_STATIC="1")

    html = [out["data"]["text/html"] for out in outputs(notebook) if "text/html" in out.get("data", {})]
    assert any('<img alt="4 of 4 Nodes Ready' in page and "data:image/png;base64," in page for page in html)
    assert not any("<svg" in page for page in html)
