"""Judge an answer in a Python process of its own, from its source alone.

Whatever a submission does to its own kernel (to `sum`, to this module, to the cluster it played with) does not
reach the judge. There is no sandbox: run the grading of strangers' work in a container.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from k8slab.grading.verdict import Behaviour, Score

__all__ = ["EXERCISES", "judge", "worst_of"]

EXERCISES = ("02_watch_not_listen",)
TIMEOUT_S = 60
SOURCE_LIMIT_BYTES = 100_000


def judge(exercise: str, source: str, *, seed: int = 1, timeout_s: float = TIMEOUT_S) -> Score:
    """Run the answer `source` through the exercise's behaviours, on a cluster made from `seed`.

    An answer that cannot even be run, or does not come to an end, gets no points and the reason.
    Raises ValueError for an exercise that is none.
    """
    if exercise not in EXERCISES:
        raise ValueError(f'there is no exercise "{exercise}"; there are: {", ".join(EXERCISES)}')
    if len(source.encode()) > SOURCE_LIMIT_BYTES:
        return _failed(f"an answer of more than {SOURCE_LIMIT_BYTES} bytes")
    with tempfile.TemporaryDirectory() as folder:
        verdict = Path(folder) / "verdict.json"
        task = json.dumps({"exercise": exercise, "source": source, "seed": seed, "verdict": str(verdict)})
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("JPY_", "NBGRADER"))}
        command = [sys.executable, "-P", "-m", "k8slab.grading"]
        try:
            subprocess.run(
                command, input=task, capture_output=True, text=True, timeout=timeout_s, cwd=folder, env=environment,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return _failed(f"nothing after {timeout_s:g} seconds: does something wait or repeat for ever?")
        if not verdict.exists():
            return _failed("the judge's process ended before it could say anything")
        return Score(Behaviour(*entry) for entry in json.loads(verdict.read_text(encoding="utf-8")))


def worst_of(scores: Iterable[Score]) -> Score:
    """The lowest of several scores of one answer, each made on another cluster."""
    return min(scores, key=float)


def _failed(reason: str) -> Score:
    return Score([Behaviour("the answer runs", 0.0, 0.0, "an answer that can be judged", reason)])
