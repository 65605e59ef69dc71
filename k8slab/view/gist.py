"""The gist of a diff: every story in one line, and stories that are the same as one, "10 Pods of ReplicaSet web-7c".

Stories are the same when they are of one kind, namespace and owner and tell of the same acts. Where values differ, each
is told with its number: `spec.nodeName = node-1 ×2, node-3`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from k8slab.view.diff import MATTERS, Story
from k8slab.view.fields import NOTHING, FieldChange
from k8slab.view.words import Words

__all__ = [
    "Group",
    "groups",
]

LEAST_OWNED, LEAST = 3, 6  # so many stories make a group, with an owner and without
MOST_FIELDS, MOST_VALUES, MOST_WRITERS = 3, 3, 2
ITEMS = ("endpoints",)  # whose value says which item of a list it is, and its state
DELETION = "metadata.deletionTimestamp"  # told in a word


class Group(NamedTuple):
    """One story, or several that are the same."""

    stories: tuple[Story, ...]

    @property
    def first(self) -> Story:
        """The one that began first."""
        return self.stories[0]

    @property
    def times(self) -> tuple[float, float]:
        """When it began and when it ended, in seconds since the last picture."""
        moments = [write.after_s for story in self.stories for write in story.writes]
        return min(moments), max(moments)

    def writers(self, words: Words) -> str:
        """Who wrote, in the order they began; many kubelets are one."""
        found = dict.fromkeys(write.writer for story in self.stories for write in story.writes if write.writer)
        kubelets = [name for name in found if name.startswith("kubelet ")]
        names = dict.fromkeys(
            words("kubelets") if len(kubelets) > 1 and n in kubelets else words.actor(n) for n in found
        )
        shown = list(names)[: MOST_WRITERS + 1 if len(names) == MOST_WRITERS + 1 else MOST_WRITERS]
        rest = len(names) - len(shown)
        return ", ".join(shown) + (f" +{rest}" if rest else "")

    def notes(self, words: Words) -> list[str]:
        """What is no field: that it is going, how long nobody has heard of it."""
        first = self.first
        if first.mark in ("silent", "gone") or not self.fields():
            notes = [note for write in first.writes if (note := write.note.partition(" · ")[0])]
            return list(dict.fromkeys(notes)) or [words("writes.times", n=len(first.writes))]
        if first.mark == "new" and "deleted" in first.acts:
            return [words("deleted"), words("created")]  # another one of the same name
        return [words("deleted")] if "deleted" in first.acts else []

    def fields(self) -> list[FieldChange]:
        """What has changed on balance, of what matters or else one thing; a value of several stands with its number."""
        if self.first.mark == "gone":
            return []
        by_path: dict[tuple[str, str], list[FieldChange]] = {}
        for story in self.stories:
            for field in story.net:
                before = field.before if len(self.stories) == 1 else ""
                if field.path.endswith(ITEMS):
                    before = _state(field.before) + _state(field.after)
                if field.path != DELETION:
                    by_path.setdefault((field.path, before), []).append(field)
        ranked = sorted(by_path.values(), key=_rank)
        telling = [same for same in ranked if _rank(same) < MATTERS][:MOST_FIELDS] or ranked[:1]
        return [
            same[0]._replace(before=_told(f.before for f in same), after=_told(f.after for f in same))
            for same in telling
        ]


def _rank(same: list[FieldChange]) -> int:
    return same[0].rank


def _state(value: str) -> str:
    """`ready` of the endpoint `10.244.1.5 (ready)`."""
    return value.partition(" (")[2].rstrip(")") or ("" if value != NOTHING else NOTHING)


def _told(values: Iterable[str]) -> str:
    """`node-1 ×2, node-3`; a value that all share stands alone."""
    found = Counter(values)
    states = {_state(value) for value in found}
    if len(found) > MOST_VALUES and len(states) == 1 and "" not in states:  # endpoints: how many matters, not which
        return f"{len(found)} × {states.pop()}"
    if len(found) == 1:
        return next(iter(found))
    texts = [f"{value} ×{n}" if n > 1 else value for value, n in found.most_common(MOST_VALUES)]
    return ", ".join([*texts, *(["…"] if len(found) > MOST_VALUES else [])])


def groups(stories: Sequence[Story]) -> list[Group]:
    """The stories in their order, those that are the same where the first of them stands."""
    alike: dict[tuple[object, ...], list[Story]] = {}
    for story in stories:
        alike.setdefault(_likeness(story), []).append(story)
    found = []
    for story in stories:
        same = alike[_likeness(story)]
        if len(same) < (LEAST_OWNED if story.owner else LEAST):
            found.append(Group((story,)))
        elif same[0] is story:
            found.append(Group(tuple(same)))
    return found


def _likeness(story: Story) -> tuple[object, ...]:
    return story.kind, story.key.namespace, story.owner, story.mark, story.acts
