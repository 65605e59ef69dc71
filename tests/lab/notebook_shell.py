"""Cells of a notebook, run in this process, and what each of them shows."""

from __future__ import annotations

from typing import Any, NamedTuple

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


class Cell(NamedTuple):
    """What one cell printed and displayed, and the error it ended with."""

    text: str
    shown: list[dict[str, Any]]
    error: BaseException | None

    @property
    def pictures(self) -> list[str]:
        """The HTML of every picture."""
        return [data["text/html"] for data in self.shown if "<svg" in data.get("text/html", "")]

    @property
    def mistakes(self) -> list[str]:
        """Each mistake that was answered in one line."""
        return [data["text/plain"] for data in self.shown if 'role="alert"' in data.get("text/html", "")]


class Session:
    """One notebook."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, source: str) -> Cell:
        """Run one cell."""
        with capture_output() as captured:
            result = self.shell.run_cell(source, store_history=True)
        return Cell(
            captured.stdout + captured.stderr,
            [output.data for output in captured.outputs],
            result.error_before_exec or result.error_in_exec,
        )

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]
