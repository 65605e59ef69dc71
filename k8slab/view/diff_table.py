"""Write a state diff down: as an HTML table whose style survives JupyterLab's cleaning, and as plain text.

A short diff shows every write. A long one shows a line for every object, or for many that have the same story, and the
writes behind a click, so that it stays about a screen high.
"""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.view.diff import StateDiff, Story, Write
from k8slab.view.fields import NOTHING, FieldChange
from k8slab.view.gist import Group, groups
from k8slab.view.svg import escape
from k8slab.view.words import Words

__all__ = [
    "diff_html",
    "diff_text",
]

OPEN, MOST_EVENTS, MOST_MEMBERS = 14, 40, 20
ROOM = 16  # lines of a diff that shows every write
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
    front = groups([story for story in diff.stories if story.key.namespace not in BACKSTAGE])
    back = groups([story for story in diff.stories if story.key.namespace in BACKSTAGE])
    parts.append(_table(front[:OPEN], words, is_brief=_is_long(front)))
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
    found = groups(diff.stories)
    is_brief = _is_long(found)
    for group in found:
        lines.append(f"{SIGNS[group.first.mark]} {_name(group, words)}")
        if is_brief or len(group.stories) > 1:
            lines.append(f"  {_span(group):>8}  {_brief_text(group, words)}")
        else:
            lines += [f"  {_moment(w.after_s):>8}  {_said(w, words)}" for w in group.first.writes]
    if diff.untold:
        lines.append(words("not drawn", n=diff.untold))
    if diff.events:
        lines.append(words("events", n=len(diff.events)))
    return "\n".join([*lines, *filter(None, [_noise(diff, words)])])


def _is_long(found: Sequence[Group]) -> bool:
    return sum(1 + len(group.first.writes) if len(group.stories) == 1 else 1 for group in found) > ROOM


def _name(group: Group, words: Words) -> str:
    first = group.first
    if len(group.stories) == 1:
        return f"{first.kind} {first.key}"
    what = words.count(first.kind, len(group.stories))
    return words("of owner", what=what, owner=first.owner) if first.owner else what


def _brief_text(group: Group, words: Words) -> str:
    parts = [*group.notes(words), *(f"{f.path} {f.before} → {f.after}" for f in group.fields())]
    return f"{'; '.join(parts)}  [{group.writers(words) or NOTHING}]"


def _behind(found: Sequence[Group], words: Words, name: str, untold: int = 0) -> str:
    """Objects that show after a click."""
    if not found and not untold:
        return ""
    note = f'<p style="{MUTED}">{escape(words("not drawn", n=untold))}</p>' if untold else ""
    count = sum(len(group.stories) for group in found) + untold
    return _details(words(name, n=count), _table(found, words, is_brief=_is_long(found)) + note)


def _table(found: Sequence[Group], words: Words, *, is_brief: bool) -> str:
    if not found:
        return ""
    heads = "".join(
        f'<th scope="col" style="{CELL};font-weight:600;white-space:nowrap;{MUTED}">{escape(words(name))}</th>'
        for name in ("time", "change", "writer")
    )
    rows = "".join(
        _brief(group, words) if is_brief or len(group.stories) > 1 else _story(group.first, words) for group in found
    )
    style = "border-collapse:collapse;font-size:13px;line-height:1.45;margin:0 0 .3em;table-layout:auto"
    return f'<table style="{style}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _brief(group: Group, words: Words) -> str:
    """One line for a story or a group, what it is made of behind a click."""
    title = _title(group, words)
    what = [escape(note) for note in group.notes(words)] + [_field(field, words) for field in group.fields()]
    line = f"{title}{DOT}{DOT.join(what)}" if what else title
    if len(group.stories) > 1:
        line = _details_of(line, _members(group.stories, words))
    elif len(group.first.writes) > 1:
        rows = "".join(_row(write, words) for write in group.first.writes)
        line = _details_of(
            line, f'<table style="border-collapse:collapse;font-size:13px"><tbody>{rows}</tbody></table>'
        )
    return _cells(_span(group), line, group.writers(words) or NOTHING)


def _members(stories: Sequence[Story], words: Words) -> str:
    rows = "".join(_brief(Group((story,)), words) for story in stories[:MOST_MEMBERS])
    rest = len(stories) - MOST_MEMBERS
    note = f'<p style="{MUTED}">{escape(words("not drawn", n=rest))}</p>' if rest > 0 else ""
    return f'<table style="border-collapse:collapse;font-size:13px"><tbody>{rows}</tbody></table>{note}'


def _title(group: Group, words: Words) -> str:
    """`+ Pod web-1 new`, `+ 10 Pods of ReplicaSet web-7c new`."""
    mark = group.first.mark
    sign = f'<span style="color:{COLOURS[mark]};font-weight:700">{SIGNS[mark]}</span>'
    note = f' <span style="{MUTED}">{escape(words(mark))}</span>' if mark != "changed" else ""
    if len(group.stories) > 1:
        return f"{sign} <strong>{escape(_name(group, words))}</strong>{note}"
    kind, key = group.first.kind, group.first.key
    namespace = f"{key.namespace}/" if key.namespace not in ("", "default") else ""
    return f"{sign} {escape(kind)} <strong>{escape(namespace + key.name)}</strong>{note}"


def _story(story: Story, words: Words) -> str:
    style = f"{CELL};padding-top:6px;font-weight:400"
    head = f'<th colspan="3" scope="rowgroup" style="{style}">{_title(Group((story,)), words)}</th>'
    return f'<tr style="background:none">{head}</tr>' + "".join(_row(write, words) for write in story.writes)


def _row(write: Write, words: Words) -> str:
    what = [escape(write.note)] if write.note else []
    what += [_field(field, words) for field in write.fields]
    if write.hidden:
        what.append(f'<span style="{MUTED}">{escape(words("more fields", n=write.hidden))}</span>')
    return _cells(
        _moment(write.after_s), DOT.join(what), words.actor(write.writer) or NOTHING, indent="padding-left:18px;"
    )


def _cells(moment: str, what: str, writer: str, indent: str = "") -> str:
    return (
        f'<tr style="background:none"><td style="{CELL};{indent}white-space:nowrap;{MUTED}">{moment}</td>'
        f'<td style="{CELL};overflow-wrap:anywhere">{what}</td>'
        f'<td style="{CELL}">{_unbroken(writer)}</td></tr>'
    )


def _unbroken(writers: str) -> str:
    """Names that break between them only."""
    return " ".join(f'<span style="white-space:nowrap">{escape(name)}</span>' for name in writers.split(" "))


def _field(field: FieldChange, words: Words) -> str:
    path, before, after = escape(field.path), escape(field.before), escape(field.after)
    path = f'<code style="background:none;padding:0">{path}</code>'
    if field.before == NOTHING:
        return f"{path} = <strong>{after}</strong>"
    if field.before == field.after:
        return f'{path} {escape(words("was changed"))} <span style="{MUTED}">({escape(words("values"))})</span>'
    return f'{path} <span style="{MUTED}">{before}</span> → <strong>{after}</strong>'


def _details(summary: str, body: str) -> str:
    return _details_of(escape(summary), body, ".2em 0")


def _details_of(summary: str, body: str, margin: str = "0") -> str:
    return f'<details style="margin:{margin}"><summary style="cursor:pointer">{summary}</summary>{body}</details>'


def _said(write: Write, words: Words) -> str:
    parts = [write.note] if write.note else []
    parts += [f"{field.path} {field.before} → {field.after}" for field in write.fields]
    if write.hidden:
        parts.append(words("more fields", n=write.hidden))
    return f"{'; '.join(parts)}  [{words.actor(write.writer) or NOTHING}]"


def _noise(diff: StateDiff, words: Words) -> str:
    counts = ", ".join(words(name, n=n) for name, n in diff.folded.items())
    return words("folded noise", what=counts) if counts else ""


def _span(group: Group) -> str:
    """`+0.4 s`, or from when to when: `+0.4…2.8 s`."""
    first, last = (_moment(at) for at in group.times)
    return first if first == last else f"{first.removesuffix(' s')}…{last.removeprefix('+')}"


def _moment(seconds: float) -> str:
    """`+0.4 s`, `+52 s`, `+6m 40s`."""
    if seconds < 9.95:
        return f"+{max(seconds, 0.0):.1f} s"
    if seconds < 119.5:
        return f"+{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"+{minutes}m {rest:02d}s"
