"""Every scenario is typed again, and the terminal must show the same, byte for byte.

With `--rewrite` the scenarios are written anew; read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from transcript import replay

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_reads_the_same_again(path: Path, pytestconfig: pytest.Config) -> None:
    written = path.read_text(encoding="utf-8")

    shown = replay(written)

    if pytestconfig.getoption("--rewrite", default=False):
        path.write_text(shown, encoding="utf-8")
    else:
        assert shown == written
