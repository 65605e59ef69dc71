"""Run a notebook as Jupyter does, once in a test process, and look at what its cells show."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent


@cache
def _run(path: Path, environment: tuple[tuple[str, str], ...]) -> Any:
    notebook = nbformat.read(path, 4)
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}})
    with TemporaryDirectory() as home:
        own = {"JPY_SESSION_NAME": str(path), "K8SLAB_PROGRESS": f"{home}/progress.json", **dict(environment)}
        client.execute(env={**os.environ, **own})
    return notebook


def run(path: Path, **environment: str) -> Any:
    """Execute a notebook; an error in a cell is an error here. What is returned is shared: do not change it."""
    return _run(path, tuple(sorted(environment.items())))


def outputs(notebook: Any) -> list[Any]:
    """All that its code cells show."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text_after(notebook: Any, source: str) -> str:
    """What the cell with this source shows as text; what is printed may come in any number of pieces."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and source in cell.source)
    return "".join(out.get("text") or out.get("data", {}).get("text/plain", "") + "\n" for out in cell.outputs)
