"""A learner of the Korean notebook chooses a Korean answer, and is told whether it was right."""

from __future__ import annotations

import pytest
from jupyterlab_page import JupyterLabPage

pytestmark = pytest.mark.browser


def test_a_korean_answer_is_judged_in_korean(lab: JupyterLabPage) -> None:
    lab.open("notebooks/ko/02_watch_not_listen.ipynb")
    lab.run_all()
    question = lab.cell('"최신 상태만 알려 준다"')
    question.get_by_role("radio", name="너무 늦었다고 한다").click()
    question.get_by_role("button", name="확정").click()
    question.get_by_text("예상: 너무 늦었다고 한다.").wait_for(timeout=10_000)

    verdict = lab.cell('guess.verdict("너무 늦었다고 한다"')
    verdict.locator(".cm-content").click()
    lab.page.keyboard.press("Control+Enter")

    verdict.get_by_text("실제로 그렇게 되었습니다.").wait_for(timeout=10_000)
    assert lab.mistakes == []
