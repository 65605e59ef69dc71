"""Render every notebook as a page for readers without a kernel: build/static/, in both languages.

Each notebook runs from top to bottom with K8SLAB_STATIC=1, so that its pictures are PNGs with a description and its
panels are what they say in text. Widgets go, with their state; links between notebooks lead to the pages. The pages
are held to what a reader needs who sees no picture: every image has a description. Failing that, nothing is written.

    python tools/build_static.py                     all of them
    python tools/build_static.py notebooks/ko/00_the_whole_picture.ipynb
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

ROOT = Path(__file__).parent.parent
NOTEBOOKS, STATIC = ROOT / "notebooks", ROOT / "build" / "static"
WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")
LINK = re.compile(r'(href="(?!https?:)[^"#]*)\.ipynb((?:#[^"]*)?")')
PATIENCE_S = 300


def executed(path: Path) -> Any:
    """The notebook with the outputs of a reader without a kernel. Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=PATIENCE_S, resources={"metadata": {"path": str(path.parent)}})
    with TemporaryDirectory() as home:  # what is run here is nobody's progress
        own = {"K8SLAB_STATIC": "1", "K8SLAB_PROGRESS": f"{home}/progress.json", "JPY_SESSION_NAME": str(path)}
        env = {name: text for name, text in os.environ.items() if name != "NBGRADER_EXECUTION"}
        client.execute(env={**env, **own})
    return without_widgets(notebook)


def without_widgets(notebook: Any) -> Any:
    """The notebook, of whose widgets only the text and the picture are left."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        outputs = [_still(output) for output in cell.get("outputs", ())]
        if "outputs" in cell:
            cell.outputs = [output for output in outputs if output is not None]
    return notebook


def _still(output: Any) -> Any:
    """An output without widgets; None when nothing else is in it."""
    data = output.get("data")
    if data is None:
        return output
    for kind in WIDGETS:
        data.pop(kind, None)
    return output if data else None


def page(notebook: Any, title: str) -> str:
    """The notebook as one HTML file."""
    language = notebook.metadata.get("k8slab", {}).get("language", "en")
    exporter = HTMLExporter(template_name="lab", mathjax_url="", require_js_url="", language_code=language)
    body, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    return LINK.sub(r"\1.html\2", body)


def faults(html: str) -> list[str]:
    """What keeps a page from being read without eyes, or without a kernel."""
    reader = _Reader()
    reader.feed(html)
    return reader.faults


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and not (given.get("alt") or "").strip():
            self.faults.append(f"line {self.getpos()[0]}: an image without a description")
        if tag == "script" and "widget" in (given.get("type") or ""):
            self.faults.append(f"line {self.getpos()[0]}: a widget is left")


def built(path: Path) -> list[str]:
    """Write the page of one notebook; answers what is wrong, and then writes nothing."""
    try:
        html = page(executed(path), path.stem)
    except CellExecutionError as error:
        return [str(error).strip().splitlines()[-1]]
    wrong = faults(html)
    if not wrong:
        target = (STATIC / path.relative_to(NOTEBOOKS)).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(html, encoding="utf-8")
    return wrong


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Render the notebooks for readers without a kernel.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="some of them (default: all)")
    paths = [path.resolve() for path in parser.parse_args().notebooks]
    paths = paths or sorted(path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    problems = [f"{path.relative_to(NOTEBOOKS)}: {problem}" for path in paths for problem in built(path)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
