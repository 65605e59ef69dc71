"""Paint a picture as one SVG for a notebook's HTML output: hover texts, light and dark, readable in grey.

Written by hand as text, since a picture is drawn after every cell. Texts come from objects that anybody may have
named, so all of them are escaped. There is no link in it: JupyterLab fails on one inside SVG.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from k8slab.view.drawing import draw
from k8slab.view.geometry import WIDTH, Point
from k8slab.view.glyphs import GLYPHS, PAINTS, Stroke
from k8slab.view.marks import Box, Close, Glyph, Line, Mark, Open, Text
from k8slab.view.overlay import Arrow, overlay_text
from k8slab.view.scene import Scene
from k8slab.view.style import DARK, HALO, LIGHT, STYLES, Style

__all__ = [
    "escape",
    "painted",
    "svg",
]

FONTS = (
    "var(--jp-ui-font-family,system-ui),system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans KR',"
    "'Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic',sans-serif"
)
_NO_LETTERS = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML has no place for
_PLAIN = re.compile("[\x20!#-%(-;=?-~·…✎→]*")  # most texts are written as they are
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escape(text: str) -> str:
    """The text with nothing in it that HTML would take for its own, and no letters that XML does not know."""
    if _PLAIN.fullmatch(text):
        return text
    return _NO_LETTERS.sub("", text).translate(_ESCAPES)


def svg(scene: Scene, overlay: Sequence[Arrow] = ()) -> str:
    """The picture as an `<svg>` element, as wide as its column and at most 1,000 pixels; the overlay lies on top.

    What stands for an object carries its name in `data-object` (`Pod/default/web-1`), and what is a part of the cluster
    (`scheduler`, `you`) in `data-part`.
    """
    label = "; ".join(filter(None, [scene.text, overlay_text(overlay)]))
    return painted(draw(scene, overlay), scene.height, label)


def painted(marks: Iterable[Mark], height: float, label: str) -> str:
    """Marks as an `<svg>` element of this height, 900 units wide; `label` says what it shows."""
    parts: list[str] = []
    used: dict[str, None] = {}
    for mark in marks:
        _PAINT[type(mark)](parts, mark)  # type: ignore[operator]
        if isinstance(mark, Glyph):
            used[mark.name] = None
    body = "".join(parts)
    id_ = "k" + hashlib.sha256(body.encode()).hexdigest()[:10]
    body = body.replace('href="#', f'href="#{id_}-')
    return (
        f'<svg id="{id_}" class="k8slab" role="img" aria-label="{escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" width="100%" '
        f'style="max-width:1000px;display:block;height:auto">'
        f"<style>{_css(id_)}</style><defs>{_hatch(id_)}{_symbols(id_, used)}</defs>{body}</svg>"
    )


def _box(parts: list[str], mark: Box) -> None:
    x, y, w, h = mark.rect
    place = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"'
    parts.append(f'<rect class="{_class(mark.style)}" {place} rx="{mark.radius:g}"/>')


def _line(parts: list[str], mark: Line) -> None:
    parts.append(f'<path class="{_class(mark.style)}" d="{_rounded(mark.points, mark.radius)}"/>')


def _text(parts: list[str], mark: Text) -> None:
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    halo = " halo" if mark.has_halo else ""
    parts.append(
        f'<text class="{_class(mark.style)}{halo}" x="{mark.x:.1f}" y="{mark.y:.1f}"{anchor}>{escape(mark.text)}</text>'
    )


def _glyph(parts: list[str], mark: Glyph) -> None:
    parts.append(f'<use href="#{mark.name}" transform="translate({mark.x:.1f} {mark.y:.1f}) scale({mark.radius:g})"/>')


def _open(parts: list[str], mark: Open) -> None:
    data = f' data-object="{escape(mark.object)}"' if mark.object else ""
    data += f' data-part="{escape(mark.part)}"' if mark.part else ""
    parts.append(f"<g{data}><title>{escape(mark.title)}</title>")


def _close(parts: list[str], mark: Close) -> None:
    parts.append("</g>")


_PAINT = {Box: _box, Line: _line, Text: _text, Glyph: _glyph, Open: _open, Close: _close}


def _rounded(points: Iterable[Point], radius: float) -> str:
    """A path through the points, with a quarter turn at each corner."""
    points = list(points)
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        x1, y1 = _towards(corner, before, radius)
        x2, y2 = _towards(corner, after, radius)
        path += f"L{x1:.1f} {y1:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {x2:.1f} {y2:.1f}"
    return path + f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point `distance` from `start` on the (level or upright) way to `end`, at most half the way."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = abs(dx) + abs(dy)
    share = min(distance, length / 2) / length if length else 0.0
    return start[0] + dx * share, start[1] + dy * share


def _class(style: str) -> str:
    return style.replace(".", "-")


def _css(id_: str) -> str:
    return _CSS.replace("#ID", "#" + id_)


def _rules() -> str:
    light = "".join(f"--k-{name}:{value};" for name, value in LIGHT.items() if name != "text")
    dark = "".join(f"--k-{name}:{value};" for name, value in DARK.items() if name != "text")
    rules = [f"#ID{{--k-text:currentColor;{light}font-family:{FONTS}}}"]
    rules.append(f'[data-jp-theme-light="false"] #ID{{{dark}}}')
    rules.append(f"@media (prefers-color-scheme:dark){{body:not([data-jp-theme-light]) #ID{{{dark}}}}}")
    rules.append("#ID g[data-object]:hover>rect:first-of-type{stroke-width:2.4}#ID path{fill:none}")
    rules.append(f"#ID .halo{{paint-order:stroke;stroke:var(--k-paper);stroke-width:{HALO:g};stroke-linejoin:round}}")
    return "".join([*rules, *(f"#ID .{_class(name)}{{{_declarations(style)}}}" for name, style in STYLES.items())])


def _declarations(style: Style) -> str:
    fill = "none" if not style.fill else "url(#ID-hatch)" if style.fill == "hatch" else f"var(--k-{style.fill})"
    text = f"fill:{fill}"
    if style.fill_opacity not in (0, 1):
        text += f";fill-opacity:{style.fill_opacity:g}"
    if style.stroke:
        text += f";stroke:var(--k-{style.stroke});stroke-width:{style.width:g};stroke-opacity:{style.stroke_opacity:g}"
    if style.dash:
        text += f";stroke-dasharray:{' '.join(f'{d:g}' for d in style.dash)}"
    if style.size:
        text += f";font-size:{style.size:g}px" + (";font-weight:600" if style.bold else "")
    return text


def _hatch(id_: str) -> str:
    return (
        f'<pattern id="{id_}-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="8" height="8" fill="var(--k-text)" fill-opacity=".06"/>'
        '<rect width="2.5" height="8" fill="var(--k-text)" fill-opacity=".13"/></pattern>'
    )


def _symbols(id_: str, used: Iterable[str]) -> str:
    return "".join(f'<g id="{id_}-{name}">{_SYMBOLS[name]}</g>' for name in used)


def _symbol(name: str) -> str:
    return "".join(_stroke(stroke, PAINTS[name]) for stroke in GLYPHS[name])


def _stroke(stroke: Stroke, paint: str) -> str:
    colours = {"": "none", "paint": f"var(--k-{paint})", "ink": "var(--k-ink)"}
    look = f'style="fill:{colours[stroke.fill]};stroke:{colours[stroke.stroke]}" stroke-width="{stroke.width:g}"'
    if stroke.radius:
        x, y = stroke.points[0]
        return f'<circle cx="{x:g}" cy="{y:g}" r="{stroke.radius:g}" {look}/>'
    points = " ".join(f"{x:g},{y:g}" for x, y in stroke.points)
    return f'<polyline points="{points}" stroke-linecap="round" stroke-linejoin="round" {look}/>'


_CSS = _rules()
_SYMBOLS = {name: _symbol(name) for name in GLYPHS}
