"""The pages for readers without a kernel: pictures with descriptions, and no widget."""

from __future__ import annotations

import importlib.util
import subprocess
from copy import deepcopy
from types import ModuleType
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_runs import ROOT, outputs, run

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """tools/build_static.py as a module."""
    spec = importlib.util.spec_from_file_location("build_static", ROOT / "tools" / "build_static.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def still(tool: ModuleType) -> Any:
    """Notebook 02 in Korean, as it is executed for its page."""
    return tool.without_widgets(
        deepcopy(run(ROOT / "notebooks" / "ko" / "02_watch_not_listen.ipynb", K8SLAB_STATIC="1"))
    )


def made_of(*data: dict[str, Any], text: str = "") -> Any:
    """A notebook with these outputs."""
    cell = new_code_cell("lab", outputs=[new_output("display_data", data=one) for one in data])
    return new_notebook(cells=[new_markdown_cell(text), cell], metadata={"widgets": {VIEW: {}}})


def test_every_picture_of_a_page_has_a_description(tool: ModuleType, still: Any) -> None:
    html = tool.page(still, "02")

    assert tool.faults(html) == []
    assert html.count("<img alt=") >= 3 and "<svg" not in html


def test_a_page_has_no_widget_and_what_it_says_instead(tool: ModuleType, still: Any) -> None:
    kinds = {kind for output in outputs(still) for kind in output.get("data", {})}

    assert VIEW not in kinds and "widgets" not in still.metadata
    assert "widget-view" not in tool.page(still, "02")


def test_the_language_of_a_page_is_that_of_its_text(tool: ModuleType, still: Any) -> None:
    assert '<html lang="ko">' in tool.page(still, "02")


def test_a_widget_goes_and_its_text_stays(tool: ModuleType) -> None:
    widget = {VIEW: {"model_id": "a"}}

    notebook = tool.without_widgets(made_of({**widget, "text/plain": "three pods"}, widget))

    assert [output.data for output in notebook.cells[1].outputs] == [{"text/plain": "three pods"}]
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<img alt="three nodes" src="x">', []),
        ('<img src="x">', ["line 1: an image without a description"]),
        ('<p>\n<img alt=" " src="x">', ["line 2: an image without a description"]),
        (f'<script type="{VIEW}">', ["line 1: a widget is left"]),
    ],
)
def test_what_a_reader_without_eyes_or_kernel_would_miss_is_a_fault(
    tool: ModuleType, html: str, fault: list[str]
) -> None:
    assert tool.faults(html) == fault


def test_links_between_notebooks_lead_to_their_pages(tool: ModuleType) -> None:
    text = "[a](01_push_or_watch.ipynb) [b](ko/x.ipynb#part) [c](https://example.com/y.ipynb)"

    html = tool.page(made_of(text=text), "links")

    assert 'href="01_push_or_watch.html"' in html and 'href="ko/x.html#part"' in html
    assert 'href="https://example.com/y.ipynb"' in html


def test_the_pages_are_no_part_of_the_repository() -> None:
    asked = ["git", "check-ignore", "build/static/00_the_whole_picture.html"]

    assert subprocess.run(asked, cwd=ROOT, check=False, capture_output=True).returncode == 0
