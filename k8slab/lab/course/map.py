"""How the map of the course looks: boxes, each below what it builds on, with lines between them.

The boxes are HTML, because a link inside an inline SVG does not work in JupyterLab; the lines behind them are SVG.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from k8slab.lab.words import say

if TYPE_CHECKING:
    from k8slab.lab.course.course import Course, Lesson

__all__ = ["html", "middle", "text"]

BOX_W, BOX_H, COLUMN_W, ROW_H = 126, 84, 138, 108
LINE = "stroke:var(--jp-ui-font-color2,#777);stroke-width:1.4;fill:none;opacity:.7"
BOX = (
    "position:absolute;box-sizing:border-box;padding:5px 8px;border-radius:8px;line-height:1.2;word-break:keep-all;"
    "font-size:12px;font-size:clamp(12px,1.45cqw,14px);"  # larger where the map has its full width
    "background:var(--jp-layout-color1,#fff);color:var(--jp-ui-font-color1,#222);"
)
BORDERS = {
    "done": "border:2px solid #009e73;",
    "next": "border:3px solid #0072b2;",
    "open": "border:1.5px solid var(--jp-border-color1,#999);",
    "later": "border:1.5px dashed var(--jp-border-color1,#999);color:var(--jp-ui-font-color2,#666);",
}
MARKS = {"done": "✓ ", "next": "▶ ", "open": "", "later": ""}


def middle(lesson: Lesson) -> tuple[float, float]:
    """Of its box, in pixels."""
    row, column = lesson.at
    return 2 + BOX_W / 2 + column * COLUMN_W, 4 + BOX_H / 2 + row * ROW_H


def html(course: Course) -> str:
    """The map; a box that can be opened is a link."""
    middles = {one.name: middle(one) for one in course.lessons}
    width = max(x for x, _ in middles.values()) + BOX_W / 2 + 4
    height = max(y for _, y in middles.values()) + BOX_H / 2 + 8
    lines = "".join(_line(middles[before], middles[one.name]) for one in course.lessons for before in one.after)
    boxes = "".join(_box(course, one, *middles[one.name], width) for one in course.lessons)
    return (
        f'<p style="margin:4px 0">{escape(_summary(course))}</p>'
        f'<div style="position:relative;container-type:inline-size;width:100%;max-width:{width:.0f}px;'
        f'height:{height:.0f}px" role="list" aria-label="{escape(say(course.lang, "map"))}">'
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" preserveAspectRatio="none" aria-hidden="true" '
        'style="position:absolute;left:0;top:0;width:100%;height:100%">'
        f"{lines}</svg>{boxes}</div>"
    )


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = (start[0], start[1] + BOX_H / 2), (end[0], end[1] - BOX_H / 2)
    bend = y2 - (ROW_H - BOX_H) / 2
    return f'<path style="{LINE}" d="M{x1:.0f} {y1:.0f} C{x1:.0f} {bend:.0f} {x2:.0f} {bend:.0f} {x2:.0f} {y2:.0f}"/>'


def _box(course: Course, lesson: Lesson, x: float, y: float, width: float) -> str:
    """A box with its middle at a place of a map that is so wide; a narrower page makes its boxes narrower."""
    state = _state(course, lesson)
    left, top = x - BOX_W / 2, y - BOX_H / 2
    title = f"<b>{MARKS[state]}{lesson.number}</b> {escape(lesson.title)}"
    if lesson.is_there:
        title = f'<a href="{lesson.name}.ipynb" style="color:inherit;text-decoration:underline">{title}</a>'
    place = f"left:{left / width:.2%};top:{top:.0f}px;width:{BOX_W / width:.2%};height:{BOX_H}px;"
    return (
        f'<div role="listitem" style="{BOX}{BORDERS[state]}{place}">{title}'
        f'<br><span style="font-size:.92em;opacity:.85">{escape(_note(course, lesson, state))}</span></div>'
    )


def text(course: Course) -> str:
    """The same as a list, one lesson a line."""
    lines = [_summary(course)]
    for lesson in course.lessons:
        state = _state(course, lesson)
        lines.append(f"{MARKS[state] or '  '}{lesson.number} {lesson.title} ({_note(course, lesson, state)})")
    return "\n".join(lines)


def _state(course: Course, lesson: Lesson) -> str:
    if not lesson.is_there:
        return "later"
    if lesson.name in course.scores:
        return "done"
    return "next" if lesson == course.next() else "open"


def _note(course: Course, lesson: Lesson, state: str) -> str:
    if state == "later":
        return say(course.lang, "in preparation")
    if state == "done":
        score = course.scores[lesson.name]
        return say(course.lang, "done", right=f"{score.right:g}", asked=str(score.asked))
    return say(course.lang, "minutes", n=str(lesson.minutes))


def _summary(course: Course) -> str:
    there = [one for one in course.lessons if one.is_there]
    done = [one for one in there if one.name in course.scores]
    return say(course.lang, "so far", done=str(len(done)), there=str(len(there)), all=str(len(course.lessons)))
