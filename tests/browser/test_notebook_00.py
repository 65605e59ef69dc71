"""A learner opens notebook 00, runs it, kills a pod with the button, and sees the cluster answer."""

from __future__ import annotations

import pytest
from jupyterlab_page import JupyterLabPage

pytestmark = pytest.mark.browser


def test_killing_a_pod_with_the_button_changes_the_picture(lab: JupyterLabPage) -> None:
    lab.open("notebooks/00_the_whole_picture.ipynb")
    lab.run_all()
    panel = lab.cell("lab.controls()")
    victim = panel.locator("select").first.input_value()

    panel.get_by_role("button", name="Kill pod").click()
    panel.get_by_text(f"Pod {victim} was deleted.").wait_for(timeout=20_000)

    picture = panel.locator(".jp-OutputArea-output", has=lab.page.locator("svg.k8slab")).last.inner_text()
    assert f"You deleted Pod {victim}" in picture and "replicaset-controller created Pod" in picture
    assert victim not in panel.locator("select").first.inner_text()
    assert lab.mistakes == []
