"""What a cell shows: the graph, and below it the state diff, in every form that a notebook or a terminal asks for."""

from __future__ import annotations

import os
from base64 import b64encode
from functools import cached_property
from typing import Any

from k8slab.view.diff import StateDiff
from k8slab.view.diff_table import diff_html, diff_text
from k8slab.view.facts import Facts
from k8slab.view.scene import Scene
from k8slab.view.svg import escape, svg
from k8slab.view.words import Words

__all__ = [
    "Picture",
]

QUIET = "cursor:pointer;font-size:13px;opacity:.8"


class Picture:
    """A cluster at one moment. IPython shows it by itself; `print` tells the same in words.

    With K8SLAB_STATIC=1 in the environment the graph is a PNG with its description, for readers without a kernel.
    """

    def __init__(self, scene: Scene, facts: Facts, diff: StateDiff | None, words: Words) -> None:
        self.scene = scene
        self.facts = facts
        self.diff = diff
        self.is_folded = False  # when nothing has changed, the graph is a click away
        self._words = words

    @cached_property
    def text(self) -> str:
        """The state in one line, then the diff line by line."""
        return self.scene.text if self.diff is None else f"{self.scene.text}\n{diff_text(self.diff, self._words)}"

    @cached_property
    def html(self) -> str:
        """The graph as SVG (or PNG), and the diff as a table."""
        graph = self._static() if os.environ.get("K8SLAB_STATIC") == "1" else svg(self.scene)
        table = "" if self.diff is None else diff_html(self.diff, self._words)
        if self.is_quiet and self.is_folded:
            line = escape(" ".join(diff_text(self.diff, self._words).split("\n"))) if self.diff else ""
            return f'<details style="max-width:1000px"><summary style="{QUIET}">{line}</summary>{graph}</details>'
        return f'<div style="max-width:1000px;word-break:keep-all">{graph}{table}</div>'

    @property
    def is_quiet(self) -> bool:
        """Nothing has changed since the last picture but heartbeats, and no requests are on their way."""
        return self.diff is not None and not (self.diff.stories or self.diff.events or self.facts.flows)

    def png(self) -> bytes:
        """The graph as a PNG file."""
        from k8slab.view.png import png

        return png(self.scene)

    def _static(self) -> str:
        data = b64encode(self.png()).decode()
        return (
            f'<figure style="margin:0"><img alt="{escape(self.scene.text)}" src="data:image/png;base64,{data}" '
            'style="max-width:100%"/></figure>'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text
