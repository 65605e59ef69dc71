"""One widget of each kind, used as a person does: by mouse, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyterlab_page import JupyterLabPage
from playwright.sync_api import Browser, Locator

pytestmark = pytest.mark.browser

CELLS = (
    "import k8slab\nlab = k8slab.Lab(2, lang='en', cloud='acme')\n"
    "lab.kubectl('create deployment web --image=nginx --replicas=2')",
    "choice = lab.predict(1, 3)\nchoice",
    "number = lab.predict(kind='number', unit='s')\nnumber",
    "order = lab.predict('kubelet', 'scheduler', kind='order')\norder",
    "place = lab.predict(kind='place', of='Node')\nplace",
    "lab.controls()",
    "lab.prices()",
    "asked = (choice, 3), (number, 50), (order, ['scheduler', 'kubelet']), (place, 'node-2')\n"
    "[one.verdict(answer).grade for one, answer in asked]",
)


@pytest.fixture(scope="module")
def opened(browser: Browser, lab_home: Path, lab_server: str) -> Iterator[JupyterLabPage]:
    """A notebook with one widget of each kind, run once."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lab_home / "widgets.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    lab = JupyterLabPage(page, lab_server)
    lab.open("widgets.ipynb")
    lab.run_all()
    yield lab
    page.close()


def press(lab: JupyterLabPage, part: Locator, *keys: str) -> None:
    """Put the focus on something and use keys alone."""
    part.focus()
    for key in keys:
        lab.page.keyboard.press(key)
        lab.page.wait_for_timeout(150)


def test_predictions_by_mouse_and_by_keyboard(opened: JupyterLabPage) -> None:
    choice, number, order, place = (
        opened.cell(text) for text in ("predict(1", "unit='s'", "kind='order'", "of='Node'")
    )

    choice.get_by_role("radio").nth(1).click()
    choice.get_by_role("button", name="Commit").click()
    press(opened, number.get_by_role("textbox").last, *"50", "Tab", "Enter")
    press(opened, order.get_by_role("button").nth(2), "Enter")
    press(opened, order.get_by_role("button", name="Commit"), "Enter")
    press(opened, place.locator('[data-object="Node/node-1"]'), "Enter")
    place.locator('[data-object="Node/node-2"]').click(position={"x": 30, "y": 20})
    place.get_by_role("button", name="Commit").click()

    for cell, said in ((choice, "3"), (number, "50 s"), (order, "scheduler  →  kubelet"), (place, "Node node-2")):
        cell.get_by_text(f"You said: {said}.").wait_for(timeout=10_000)
    assert opened.mistakes == []


def test_tab_walks_through_the_things_of_the_graph(opened: JupyterLabPage) -> None:
    panel = opened.cell("lab.controls()")
    things = panel.locator("svg.k8slab [role=button]")
    press(opened, things.first, "Tab", "Tab")

    focused = opened.page.evaluate("document.activeElement.dataset.object")

    assert focused == things.nth(2).get_attribute("data-object")
    assert all(label for label in things.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))"))


def test_a_node_is_broken_by_mouse_and_repaired_by_keyboard(opened: JupyterLabPage) -> None:
    panel = opened.cell("lab.controls()")
    panel.locator('svg.k8slab [data-object="Node/node-2"]').click(position={"x": 30, "y": 20})
    panel.get_by_text("Chosen: Node node-2").wait_for(timeout=10_000)
    panel.get_by_role("button", name="Cut power").last.click()
    panel.get_by_text("node-2 has no power", exact=True).wait_for(timeout=20_000)

    press(opened, panel.get_by_role("button", name="Repair", exact=True), "Enter")

    panel.get_by_text("Repaired: node-2 has no power.").wait_for(timeout=20_000)
    panel.get_by_text("Nothing is broken.").wait_for(timeout=10_000)
    assert opened.mistakes == []


def test_a_lever_is_found_and_moved_by_keyboard_alone(opened: JupyterLabPage) -> None:
    panel = opened.cell("lab.controls()")
    press(opened, panel.get_by_role("button", name="Scale").first, "Enter")
    press(opened, panel.get_by_role("slider"), "ArrowRight")
    press(opened, panel.get_by_role("button", name="Scale", exact=True).last, "Enter")

    panel.get_by_text("Deployment web: 3 replicas are wanted now.").wait_for(timeout=20_000)

    assert panel.locator('svg.k8slab [data-object^="Pod/default/web"]').count() == 3


def test_a_price_is_changed_by_keyboard(opened: JupyterLabPage) -> None:
    prices = opened.cell("lab.prices()")
    press(opened, prices.get_by_role("button", name="Use these prices"), "Enter")

    prices.get_by_text("Prices changed: 0.").wait_for(timeout=10_000)

    assert prices.get_by_label("won_per_dollar").count() == 1
    assert opened.mistakes == []


def test_predictions_are_judged_by_what_was_clicked(opened: JupyterLabPage) -> None:
    cell = opened.cell("asked =")
    cell.locator(".cm-content").click()
    opened.page.keyboard.press("Control+Enter")

    cell.get_by_text("['right', 'right', 'right', 'right']").wait_for(timeout=10_000)
