"""Paint a picture as a PNG with matplotlib, for readers without a kernel: slides, GitHub, printed pages.

matplotlib is imported with this module, and this module only when a PNG is wanted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from k8slab.view.drawing import draw
from k8slab.view.geometry import WIDTH
from k8slab.view.glyphs import GLYPHS, PAINTS, Stroke
from k8slab.view.marks import Box, Glyph, Line, Mark, Text
from k8slab.view.overlay import Arrow
from k8slab.view.scene import Scene
from k8slab.view.style import HALO, LIGHT, STYLES

__all__ = [
    "painted_png",
    "png",
]

INCHES, DPI = 9.0, 130
POINTS = INCHES * 72 / WIDTH  # one unit of the picture, in printer's points
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # no word about a face without a bold cut
FONTS = ("DejaVu Sans", "NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic")


def png(scene: Scene, overlay: Iterable[Arrow] = ()) -> bytes:
    """The picture on white ground, 1,170 pixels wide; the overlay lies on top."""
    return painted_png(draw(scene, overlay), scene.height)


def painted_png(marks: Iterable[Mark], height: float) -> bytes:
    """Marks on white ground, 1,170 pixels wide."""
    figure = Figure(figsize=(INCHES, INCHES * height / WIDTH), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes: Any = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    axes.axis("off")
    known = {font.name for font in fontManager.ttflist}
    fonts = [font for font in FONTS if font in known]
    for order, mark in enumerate(marks):
        if isinstance(mark, Box):
            _box(axes, mark, order)
        elif isinstance(mark, Line):
            _line(axes, mark, order)
        elif isinstance(mark, Text):
            _text(axes, mark, order, fonts)
        elif isinstance(mark, Glyph):
            for stroke in GLYPHS[mark.name]:
                _stroke(axes, mark, stroke, order)
    file = BytesIO()
    canvas.print_png(file)
    return file.getvalue()


def _colour(name: str, opacity: float) -> tuple[float, ...] | str:
    if not name or opacity == 0:
        return "none"
    code = LIGHT[name]
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue, opacity


def _box(axes: Any, mark: Box, order: int) -> None:
    style, rect = STYLES[mark.style], mark.rect
    radius = min(mark.radius, rect.w / 2, rect.h / 2)
    place: dict[str, Any] = {"xy": (rect.x, rect.y), "width": rect.w, "height": rect.h, "zorder": order}
    shape = f"round,pad=0,rounding_size={radius}"
    if style.fill == "hatch":  # matplotlib hatches in the colour of the edge, so the edge is drawn apart
        faint: dict[str, Any] = {"facecolor": _colour("text", 0.06), "edgecolor": _colour("text", 0.16), "linewidth": 0}
        axes.add_patch(FancyBboxPatch(**place, boxstyle=shape, **faint, hatch="///"))
    axes.add_patch(
        FancyBboxPatch(
            **place,
            boxstyle=shape,
            facecolor="none" if style.fill == "hatch" else _colour(style.fill, style.fill_opacity),
            edgecolor=_colour(style.stroke, style.stroke_opacity),
            linewidth=style.width * POINTS,
            linestyle=_dashes(style.dash),
        )
    )


def _line(axes: Any, mark: Line, order: int) -> None:
    style = STYLES[mark.style]
    axes.add_patch(
        PathPatch(
            Path(mark.points),
            facecolor=_colour(style.fill, style.fill_opacity),
            edgecolor=_colour(style.stroke, style.stroke_opacity),
            linewidth=style.width * POINTS if style.stroke else 0,
            linestyle=_dashes(style.dash),
            joinstyle="round",
            zorder=order,
        )
    )


def _text(axes: Any, mark: Text, order: int, fonts: list[str]) -> None:
    style = STYLES[mark.style]
    axes.text(
        mark.x,
        mark.y,
        mark.text.replace("$", r"\$"),
        color=_colour(style.fill, style.fill_opacity),
        fontsize=style.size * POINTS,
        fontweight="bold" if style.bold else "normal",
        fontfamily=fonts,
        ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor],
        va="baseline",
        path_effects=[withStroke(linewidth=HALO * POINTS, foreground=LIGHT["paper"])] if mark.has_halo else None,
        zorder=order,
    )


def _stroke(axes: Any, glyph: Glyph, stroke: Stroke, order: int) -> None:
    colours = {"": "none", "paint": LIGHT[PAINTS[glyph.name]], "ink": LIGHT["ink"]}
    looks = {
        "facecolor": colours[stroke.fill],
        "edgecolor": colours[stroke.stroke],
        "linewidth": stroke.width * glyph.radius * POINTS if stroke.stroke else 0,
        "zorder": order,
    }
    points = [(glyph.x + glyph.radius * x, glyph.y + glyph.radius * y) for x, y in stroke.points]
    if stroke.radius:
        axes.add_patch(Circle(points[0], stroke.radius * glyph.radius, **looks))
    elif stroke.fill:
        axes.add_patch(Polygon(points, closed=True, **looks))
    else:
        axes.add_patch(PathPatch(Path(points), capstyle="round", joinstyle="round", **looks))


def _dashes(dash: tuple[float, ...]) -> Any:
    return (0, tuple(part * POINTS for part in dash)) if dash else "solid"
