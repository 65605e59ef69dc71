"""Write a state diff down: as an HTML table whose style survives JupyterLab's cleaning, and as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.view.diff import StateDiff, Story, Write
from k8slab.view.fields import NOTHING, FieldChange
from k8slab.view.svg import escape
from k8slab.view.words import Words

__all__ = [
    "diff_html",
    "diff_text",
]

OPEN, MOST_EVENTS = 14, 40
CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;border:0"
MUTED = "opacity:.7"
DOT = '<span style="opacity:.45"> · </span>'
BACKSTAGE = ("kube-system",)
COLOURS = {"new": "#0072b2", "changed": "#b37400", "gone": "#d55e00", "silent": "#d55e00"}
SIGNS = {"new": "+", "changed": "△", "gone": "×", "silent": "!"}


def diff_html(diff: StateDiff, words: Words) -> str:
    """A sentence, the first objects in a table, the others and the Events behind a click, the noise as one line."""
    if not diff.stories and not diff.events:
        return f'<p style="margin:.4em 0;{MUTED}">{escape(words("nothing"))} {escape(_noise(diff, words))}</p>'
    parts = [f'<p style="margin:.6em 0 .3em"><strong>{escape(diff.sentence)}</strong></p>'] if diff.sentence else []
    front = [story for story in diff.stories if story.key.namespace not in BACKSTAGE]
    back = [story for story in diff.stories if story.key.namespace in BACKSTAGE]
    parts.append(_table(front[:OPEN], words))
    parts.append(_behind(front[OPEN:], words, "more objects", diff.untold))
    parts.append(_behind(back, words, "backstage"))
    if diff.events:
        lines = [f"{_moment(at)} {text}" for at, text in diff.events[:MOST_EVENTS]]
        if len(diff.events) > MOST_EVENTS:
            lines.append(words("events rest", n=len(diff.events) - MOST_EVENTS))
        items = "".join(f"<div>{escape(line)}</div>" for line in lines)
        parts.append(_details(words("events", n=len(diff.events)), f'<div style="font-size:.9em">{items}</div>'))
    noise = _noise(diff, words)
    if noise:
        parts.append(f'<p style="margin:.3em 0;font-size:.9em;{MUTED}">{escape(noise)}</p>')
    return "".join(parts)


def diff_text(diff: StateDiff, words: Words) -> str:
    """The same as lines of text."""
    if not diff.stories and not diff.events:
        return f"{words('nothing')} {_noise(diff, words)}".strip()
    lines = [diff.sentence] if diff.sentence else []
    for story in diff.stories:
        lines.append(f"{SIGNS[story.mark]} {story.kind} {story.key}")
        lines += [f"  {_moment(w.after_s):>8}  {_said(w, words)}" for w in story.writes]
    if diff.untold:
        lines.append(words("not drawn", n=diff.untold))
    if diff.events:
        lines.append(words("events", n=len(diff.events)))
    return "\n".join([*lines, *filter(None, [_noise(diff, words)])])


def _behind(stories: Sequence[Story], words: Words, name: str, untold: int = 0) -> str:
    """Objects that show after a click."""
    if not stories and not untold:
        return ""
    note = f'<p style="{MUTED}">{escape(words("not drawn", n=untold))}</p>' if untold else ""
    return _details(words(name, n=len(stories) + untold), _table(stories, words) + note)


def _table(stories: Sequence[Story], words: Words) -> str:
    if not stories:
        return ""
    heads = "".join(
        f'<th scope="col" style="{CELL};font-weight:600;{MUTED}">{escape(words(name))}</th>'
        for name in ("time", "change", "writer")
    )
    rows = "".join(_story(story, words) for story in stories)
    style = "border-collapse:collapse;font-size:13px;line-height:1.45;margin:0 0 .3em;table-layout:auto"
    return f'<table style="{style}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _story(story: Story, words: Words) -> str:
    sign = f'<span style="color:{COLOURS[story.mark]};font-weight:700">{SIGNS[story.mark]}</span>'
    namespace = f"{story.key.namespace}/" if story.key.namespace not in ("", "default") else ""
    name = f"{sign} {escape(story.kind)} <strong>{escape(namespace + story.key.name)}</strong>"
    note = f' <span style="{MUTED}">{escape(words(story.mark))}</span>' if story.mark != "changed" else ""
    style = f"{CELL};padding-top:6px;font-weight:400"
    head = f'<th colspan="3" scope="rowgroup" style="{style}">{name}{note}</th>'
    return f'<tr style="background:none">{head}</tr>' + "".join(_row(write, words) for write in story.writes)


def _row(write: Write, words: Words) -> str:
    what = [escape(write.note)] if write.note else []
    what += [_field(field, words) for field in write.fields]
    if write.hidden:
        what.append(f'<span style="{MUTED}">{escape(words("more fields", n=write.hidden))}</span>')
    cells = (
        f'<td style="{CELL};padding-left:18px;white-space:nowrap;{MUTED}">{_moment(write.after_s)}</td>',
        f'<td style="{CELL};overflow-wrap:anywhere">{DOT.join(what)}</td>',
        f'<td style="{CELL};white-space:nowrap">{escape(words.actor(write.writer) or NOTHING)}</td>',
    )
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def _field(field: FieldChange, words: Words) -> str:
    path, before, after = escape(field.path), escape(field.before), escape(field.after)
    path = f'<code style="background:none;padding:0">{path}</code>'
    if field.before == NOTHING:
        return f"{path} = <strong>{after}</strong>"
    if field.before == field.after:
        return f'{path} {escape(words("was changed"))} <span style="{MUTED}">({escape(words("values"))})</span>'
    return f'{path} <span style="{MUTED}">{before}</span> → <strong>{after}</strong>'


def _details(summary: str, body: str) -> str:
    return f'<details style="margin:.2em 0"><summary style="cursor:pointer">{escape(summary)}</summary>{body}</details>'


def _said(write: Write, words: Words) -> str:
    parts = [write.note] if write.note else []
    parts += [f"{field.path} {field.before} → {field.after}" for field in write.fields]
    if write.hidden:
        parts.append(words("more fields", n=write.hidden))
    return f"{'; '.join(parts)}  [{words.actor(write.writer) or NOTHING}]"


def _noise(diff: StateDiff, words: Words) -> str:
    counts = ", ".join(words(name, n=n) for name, n in diff.folded.items())
    return words("folded noise", what=counts) if counts else ""


def _moment(seconds: float) -> str:
    """`+0.4 s`, `+52 s`, `+6m 40s`."""
    if seconds < 9.95:
        return f"+{max(seconds, 0.0):.1f} s"
    if seconds < 119.5:
        return f"+{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"+{minutes}m {rest:02d}s"
