"""The hooks in IPython: a picture after each cell, magics, and mistakes answered without a traceback.

Source    IPython's events (post_run_cell), set_custom_exc and line and cell magics
"""

from __future__ import annotations

import html
import os
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from IPython.core.getipython import get_ipython
from IPython.display import display

from k8slab.clock import HotLoop
from k8slab.lab.mistakes import checked_manifests
from k8slab.wire import ApiError

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = [
    "Mistake",
    "Notebook",
]

ENGINE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Notebook:
    """One IPython session and the Lab that is live in it."""

    _sessions: ClassVar[dict[int, Notebook]] = {}

    def __init__(self, shell: Any) -> None:
        self.lab: Lab | None = None
        self._shell = shell
        shell.events.register("post_run_cell", self._after_cell)
        shell.set_custom_exc((ApiError, ValueError, HotLoop), self._explain)
        shell.register_magic_function(self._kubectl, "line_cell", "kubectl")
        shell.register_magic_function(self._manifest, "cell", "manifest")

    @classmethod
    def attach(cls, lab: Lab) -> Notebook | None:
        """Make this Lab the live one of the notebook; None outside of IPython."""
        shell = get_ipython()
        if shell is None:
            return None
        session = cls._sessions.get(id(shell)) or cls(shell)
        cls._sessions[id(shell)] = session
        session.lab = lab
        return session

    def _after_cell(self, result: Any = None) -> None:
        lab = self.lab
        if lab is None or os.environ.get("NBGRADER_EXECUTION") or not lab.is_touched:
            return
        is_graph_due = lab.is_graph_due
        try:
            picture = lab.picture()
            picture.is_folded = not is_graph_due
            display(picture)
        except HotLoop as error:  # explained; the next picture is of now
            display(Mistake(error))
            display(lab.picture())

    def _kubectl(self, line: str, cell: str | None = None) -> None:
        """`%kubectl get pods`, or a cell of kubectl commands, one a line; `#` starts a comment."""
        lab = self._live()
        commands = [line] if line.strip() else []
        commands += [part for part in (cell or "").splitlines() if part.strip() and not part.lstrip().startswith("#")]
        for command in commands:
            text = lab.kubectl(command.strip().removeprefix("kubectl "))
            if len(commands) > 1:
                print(f"$ kubectl {command.strip().removeprefix('kubectl ')}")
            print(text.rstrip("\n"))

    def _manifest(self, line: str, cell: str) -> None:
        """Apply the cell's YAML, all of it or nothing; `%%manifest --dry-run` only checks it."""
        lab = self._live()
        if line.strip() not in ("", "--dry-run"):
            raise ValueError(f"%%manifest knows only --dry-run, not {line.strip()!r}")
        checked_manifests(cell, lab.client, lab.lang)
        if not line.strip():
            print(lab.kubectl("apply -f -", stdin=cell).rstrip("\n"))

    def _live(self) -> Lab:
        if self.lab is None:
            raise ValueError("there is no lab yet: run `lab = k8slab.Lab()` first")
        return self.lab

    def _explain(
        self, shell: Any, etype: type[Exception], error: Exception, tb: TracebackType, tb_offset: int | None = None
    ) -> None:
        """One clear line for what the API refused; everything else is a traceback as always."""
        frames = traceback.extract_tb(tb)
        is_ours = isinstance(error, ApiError) or (bool(frames) and frames[-1].filename.startswith(ENGINE))
        if not is_ours:
            shell.showtraceback((etype, error, tb), tb_offset=tb_offset)
            return
        display(Mistake(error))


class Mistake:
    """What went wrong, for a learner's eyes."""

    def __init__(self, error: Exception) -> None:
        reason = getattr(error, "reason", "")
        text = str(error)
        is_whole = not reason or text.lower().startswith(("error", "unable to connect"))
        self.text = text if is_whole else f"Error from server ({reason}): {text}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        style = "border-left:4px solid #d55e00;padding:.4em .8em;white-space:pre-wrap;font-family:monospace"
        return {
            "text/plain": self.text,
            "text/html": f'<div role="alert" style="{style}">{html.escape(self.text)}</div>',
        }

    def __repr__(self) -> str:
        return self.text
