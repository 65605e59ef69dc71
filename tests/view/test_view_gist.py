"""The gist of a diff: one line for a story, one for many that are the same."""

from __future__ import annotations

import pytest

from k8slab.objects import Key
from k8slab.view.diff import StateDiff, Story, Write
from k8slab.view.diff_table import ROOM, diff_html, diff_text
from k8slab.view.fields import NOTHING, FieldChange
from k8slab.view.gist import Group, groups
from k8slab.view.words import Words

EN, KO = Words("en"), Words("ko")
OWNER = "ReplicaSet web-7c"


def field(path: str, before: str, after: str, rank: int = -5) -> FieldChange:
    return FieldChange(path, before, after, rank)


def pod_story(number: int, node: str = "node-1", owner: str = OWNER, *acts: str) -> Story:
    """A new pod that was created and bound."""
    bound = field("spec.nodeName", NOTHING, node)
    writes = (
        Write(0.0, "replicaset-controller", "created · owner ReplicaSet web-7c", ()),
        Write(0.4, "scheduler", "", (bound,)),
        Write(2.0 + number, f"kubelet {node}", "", (field("status.phase", "Pending", "Running"),)),
    )
    net = (bound, field("status.phase", NOTHING, "Running"), field("status.podIP", NOTHING, f"10.0.0.{number}", 5))
    return Story("Pod", Key("default", f"web-{number}"), "new", writes, net, acts or ("created", "bound"), owner)


def diff(*stories: Story) -> StateDiff:
    return StateDiff("You did it.", stories, 0, {}, (), {})


@pytest.mark.parametrize(
    ("stories", "sizes"),
    [
        ([pod_story(n) for n in range(10)], [10]),
        ([pod_story(n) for n in range(2)], [1, 1]),
        ([pod_story(n, owner="") for n in range(5)], [1] * 5),
        ([pod_story(n, owner="") for n in range(6)], [6]),
        ([pod_story(n, "node-1", OWNER, *(["created"] if n % 2 else ["created", "bound"])) for n in range(6)], [3, 3]),
        ([pod_story(n, owner=f"ReplicaSet rs-{n % 2}") for n in range(5)], [3, 1, 1]),
    ],
)
def test_what_has_the_same_story_is_one_group(stories: list[Story], sizes: list[int]) -> None:
    assert [len(group.stories) for group in groups(stories)] == sizes


def test_a_group_stands_where_the_first_of_it_began() -> None:
    other = pod_story(9, "node-2", "DaemonSet logs")
    found = groups([pod_story(0), other, pod_story(1), pod_story(2)])

    assert [group.first for group in found] == [pod_story(0), other]


def test_values_that_differ_are_told_with_their_number() -> None:
    group = Group(tuple(pod_story(n, node) for n, node in enumerate(("a", "b", "a", "c", "d", "e"))))

    assert [tuple(f[:3]) for f in group.fields()] == [
        ("spec.nodeName", NOTHING, "a ×2, b, c, …"),
        ("status.phase", NOTHING, "Running"),
    ]


def test_a_line_for_many_names_owner_times_and_writers() -> None:
    text = diff_text(diff(*(pod_story(n, f"node-{n}") for n in range(3))), EN).splitlines()

    assert text == [
        "You did it.",
        "+ 3 Pods of ReplicaSet web-7c",
        "  +0.0…4.0 s  spec.nodeName — → node-0, node-1, node-2; status.phase — → Running"
        "  [replicaset-controller, scheduler, kubelets]",
    ]


def test_a_line_for_many_in_korean() -> None:
    assert "ReplicaSet web-7c의 Pod 3개" in diff_text(diff(*(pod_story(n) for n in range(3))), KO)


def test_the_members_of_a_group_are_behind_a_click() -> None:
    opened, _, behind = diff_html(diff(*(pod_story(n) for n in range(4))), EN).partition("<details")

    assert "web-3" not in opened and behind.count("<strong>web-") == 4
    assert "10 Pods" not in behind and "4 Pods of ReplicaSet web-7c" in behind


def test_a_short_diff_shows_every_write_and_a_long_one_hides_them_behind_a_click() -> None:
    short, long = ([pod_story(n, owner=f"ReplicaSet rs-{n}") for n in range(count)] for count in (3, 10))

    assert sum(1 + len(story.writes) for story in short) <= ROOM < sum(1 + len(story.writes) for story in long)
    assert "<details" not in diff_html(diff(*short), EN)
    assert diff_html(diff(*long), EN).count("<details") == 10


@pytest.mark.parametrize(
    ("mark", "notes", "told"),
    [
        ("gone", ("deleted", "", "gone"), ["deleted", "gone"]),
        ("silent", ("no heartbeat for 40 s",), ["no heartbeat for 40 s"]),
        ("changed", ("", ""), ["2 writes"]),
    ],
)
def test_what_is_no_field_is_told_in_words(mark: str, notes: tuple[str, ...], told: list[str]) -> None:
    story = Story("Pod", Key("default", "web"), mark, tuple(Write(0.0, "you", note, ()) for note in notes))

    assert Group((story,)).notes(EN) == told


def test_only_what_matters_is_in_the_line() -> None:
    net = (field("spec.replicas", "3", "5"), field("status.replicas", "3", "5", 5), field("status.x", "1", "2", 9))
    story = Story("Deployment", Key("default", "web"), "changed", (Write(0.0, "you", "", net),), net)

    assert [f.path for f in Group((story,)).fields()] == ["spec.replicas"]
    assert [f.path for f in Group((story._replace(net=net[1:]),)).fields()] == ["status.replicas"]
