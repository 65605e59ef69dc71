"""A learner of the Korean notebook chooses a Korean answer, and is told whether it was right."""

from __future__ import annotations

import pytest
from jupyterlab_page import JupyterLabPage

pytestmark = pytest.mark.browser


def test_a_korean_answer_is_judged_in_korean_even_after_all_cells_were_run(lab: JupyterLabPage) -> None:
    lab.open("notebooks/ko/00_the_whole_picture.ipynb")
    lab.run_all()
    question = lab.cell('"어느 kubelet"')
    question.get_by_role("radio", name="ReplicaSet 컨트롤러").click()
    question.get_by_role("button", name="확정").click()
    question.get_by_text("예상: ReplicaSet 컨트롤러.").wait_for(timeout=10_000)

    verdict = lab.cell("guess_2.verdict(")
    verdict.locator(".cm-content").click()
    lab.page.keyboard.press("Control+Enter")

    verdict.get_by_text("실제로 그렇게 되었습니다.").wait_for(timeout=10_000)
    assert lab.mistakes == []
