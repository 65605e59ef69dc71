"""A learner's way through the course: the map, a click on a notebook, all of its cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jupyterlab_page import PATIENCE_MS, JupyterLabPage
from playwright.sync_api import expect

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.browser
PAGES = (path for place in ("", "ko") for path in (ROOT / "notebooks" / place).glob("[0-9]*.ipynb"))
NAMES = sorted(str(path.relative_to(ROOT / "notebooks")) for path in PAGES)


def assert_run_to_its_end(lab: JupyterLabPage, name: str) -> None:
    """The last code cell has a number, which it would not have after an error in any cell before it."""
    cells = json.loads((ROOT / "notebooks" / name).read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    last = lab.cell(code[-1].splitlines()[-1])
    expect(last.locator(".jp-InputPrompt")).to_have_text(f"[{len(code)}]:", timeout=PATIENCE_MS)
    expect(last.locator('[data-mime-type="application/vnd.jupyter.error"]')).to_have_count(0)


@pytest.mark.parametrize(("folder", "lesson"), [("", "01 Push or watch"), ("ko/", "01 밀어 넣기와 지켜보기")])
def test_a_click_on_the_map_opens_a_notebook_that_runs(lab: JupyterLabPage, folder: str, lesson: str) -> None:
    lab.open(f"notebooks/{folder}index.ipynb")
    lab.run_all()

    lab.page.get_by_role("link", name=lesson).click()
    lab.page.get_by_role("tab", name="01_push_or_watch.ipynb").wait_for()
    lab.wait_until_idle()
    lab.run_all()

    assert_run_to_its_end(lab, f"{folder}01_push_or_watch.ipynb")
    assert lab.mistakes == []


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_runs_in_jupyterlab(lab: JupyterLabPage, name: str) -> None:
    lab.open(f"notebooks/{name}")

    lab.run_all()

    assert_run_to_its_end(lab, name)
    assert lab.mistakes == []
