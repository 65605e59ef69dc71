"""What every chart is drawn on: a figure in light and one in dark, told apart by pattern as well as by colour.

Both are put into a page; the style sheet shows the one that suits JupyterLab's theme. Where style sheets are taken out
(an untrusted notebook, GitHub) the light one stays, on its own white ground.

matplotlib is imported when a chart is drawn, and not before.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, NamedTuple

from k8slab.view.style import DARK, LIGHT
from k8slab.view.svg import escape

__all__ = ["HATCHES", "PALETTE", "Ink", "Paint", "figure_html", "figure_png"]

WIDTH_IN, DPI = 9.0, 120
PALE = 0.38
SIZE = 10.5  # of letters, in points: 11 pixels where a page shows the figure 700 pixels wide

# One look for each part of a stack, in this order: readable in grey by its hatching.
PALETTE = ("blue", "orange", "green", "vermillion", "purple", "sky", "yellow", "text")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo", "--")
MORE_LIGHT = {"sky": "#56b4e9", "yellow": "#c9b800", "grid": "#d0d7de", "muted": "#59636e"}
MORE_DARK = {"sky": "#9ad4f5", "yellow": "#f0e442", "grid": "#3d444d", "muted": "#a5adb6"}


class Ink(NamedTuple):
    """The colours of one theme, by name."""

    colours: dict[str, str]

    def of(self, name: str) -> str:
        """A colour in full."""
        return self.colours[name]

    def pale(self, name: str) -> str:
        """A colour mixed with paper: a ground on which hatching in the full colour stands out."""
        full, paper = self.of(name), self.of("paper")
        parts = [(int(full[at : at + 2], 16), int(paper[at : at + 2], 16)) for at in (1, 3, 5)]
        return "#" + "".join(f"{round(PALE * own + (1 - PALE) * ground):02x}" for own, ground in parts)


class Paint(NamedTuple):
    """How one part of a stack looks: the name of a colour, and a hatching."""

    colour: str
    hatch: str


THEMES = {"light": Ink({**LIGHT, **MORE_LIGHT}), "dark": Ink({**DARK, **MORE_DARK})}
Draw = Callable[[Any, Ink], None]


def figure_png(draw: Draw, height_in: float, theme: str = "light") -> bytes:
    """What `draw(figure, ink)` draws, as a PNG on its own ground."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ink, file = THEMES[theme], BytesIO()
    with _letters(ink):
        figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, facecolor=ink.of("paper"))
        canvas = FigureCanvasAgg(figure)
        draw(figure, ink)
        canvas.print_png(file)
    return file.getvalue()


def figure_html(draw: Draw, height_in: float, alt: str) -> str:
    """The chart as a `<figure>`: for both themes, or (K8SLAB_STATIC=1) for paper alone."""
    light = _img(figure_png(draw, height_in), alt, "block")
    if os.environ.get("K8SLAB_STATIC") == "1":
        return f'<figure style="margin:0">{light}</figure>'
    dark = _img(figure_png(draw, height_in, "dark"), alt, "none")
    id_ = "c" + hashlib.sha256(light.encode()).hexdigest()[:10]
    turned = (f"#{id_} img:first-of-type{{display:none!important}}", f"#{id_} img+img{{display:block!important}}")
    rules = "".join(f'[data-jp-theme-light="false"] {rule}' for rule in turned)
    rules += f"@media (prefers-color-scheme:dark){{{''.join(f'body:not([data-jp-theme-light]) {r}' for r in turned)}}}"
    return f'<figure id="{id_}" style="margin:0"><style>{rules}</style>{light}{dark}</figure>'


def _img(png: bytes, alt: str, display: str) -> str:
    data = b64encode(png).decode()
    style = f"display:{display};width:100%;max-width:1000px;border-radius:6px"
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}" style="{style}"/>'


@contextmanager
def _letters(ink: Ink) -> Iterator[None]:
    """Letters, lines and ground of a theme, for the figure that is drawn inside."""
    import matplotlib
    from matplotlib.font_manager import fontManager

    from k8slab.view.png import FONTS

    known = {font.name for font in fontManager.ttflist}
    look = {
        "font.family": [font for font in FONTS if font in known],
        "font.size": SIZE,
        "text.color": ink.of("text"),
        "axes.facecolor": ink.of("paper"),
        "axes.edgecolor": ink.of("muted"),
        "axes.labelcolor": ink.of("text"),
        "axes.titlesize": SIZE + 0.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.unicode_minus": False,
        "grid.color": ink.of("grid"),
        "grid.linewidth": 0.6,
        "xtick.color": ink.of("text"),
        "ytick.color": ink.of("text"),
        "legend.frameon": False,
        "legend.fontsize": SIZE - 0.5,
        "hatch.linewidth": 0.9,
        "text.parse_math": False,
    }
    with matplotlib.rc_context(look):
        yield
