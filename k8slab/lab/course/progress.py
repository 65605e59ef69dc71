"""How far a reader has come: one small file of their own, with the predictions of each notebook they finished.

It lies in `~/.k8slab/progress.json`, or where K8SLAB_PROGRESS says; nothing in it ever leaves the machine.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["Progress", "Score"]


class Score(NamedTuple):
    """Of `asked` predictions of a notebook so many were right; open ones count as asked."""

    right: float
    asked: int


class Progress:
    """What is in the file; a file that is missing or cannot be read is an empty one."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(os.environ.get("K8SLAB_PROGRESS") or Path.home() / ".k8slab" / "progress.json")

    def scores(self) -> dict[str, Score]:
        """By the name of the notebook, without folder and ending."""
        try:
            kept = json.loads(self.path.read_text("utf-8"))
            return {str(name): Score(float(right), int(asked)) for name, (right, asked) in kept.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def keep(self, notebook: str, score: Score) -> None:
        """Note a finished notebook; a machine whose disk cannot be written to forgets, and the notebook goes on."""
        scores = {**self.scores(), notebook: score}
        text = json.dumps(scores, ensure_ascii=False, indent=1, sort_keys=True)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            draft.replace(self.path)
        except OSError:
            pass
