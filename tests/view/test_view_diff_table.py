"""The state diff as HTML and as text: the same things, and nothing that HTML would take for its own."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from objects_of_a_cluster import cluster
from some_cluster import Drawn

from k8slab.objects import Key
from k8slab.view.diff import StateDiff, Story, Write
from k8slab.view.diff_table import MOST_EVENTS, OPEN, diff_html, diff_text
from k8slab.view.fields import COVER, NOTHING, FieldChange
from k8slab.view.words import Words

EN, KO = Words("en"), Words("ko")
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
ALLOWED_TAGS = {"p", "strong", "table", "thead", "tbody", "tr", "th", "td", "span", "code", "details", "summary", "div"}
ALLOWED_ATTRIBUTES = {"style", "scope", "colspan"}


def field(path: str = "spec.replicas", before: str = "3", after: str = "5") -> FieldChange:
    return FieldChange(path, before, after, 0)


def story(name: str = "web", mark: str = "changed", *fields: FieldChange, **more: str | float) -> Story:
    """One write to one Deployment."""
    key = Key(str(more.get("namespace", "default")), name)
    write = Write(float(more.get("at", 0.0)), str(more.get("writer", "you")), str(more.get("note", "")), fields)
    return Story("Deployment", key, mark, (write,))


def diff(*stories: Story, events: tuple[tuple[float, str], ...] = (), untold: int = 0, **folded: int) -> StateDiff:
    return StateDiff("you scaled Deployment web", stories, untold, folded, events, {})


class Page(HTMLParser):
    """What a browser finds in some HTML: its tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(min_size=1) | st.just(SCRIPT) | st.just('" onmouseover="alert(1)'))
def test_no_text_of_a_cluster_becomes_html(text: str) -> None:
    told = story(text, "new", field(text, text, text + "!"), note=text, writer=text, namespace=text)
    page = Page(diff_html(diff(told, events=((0.0, text),), heartbeats=1)._replace(sentence=text), EN))

    assert page.tags <= ALLOWED_TAGS
    assert page.attributes <= ALLOWED_ATTRIBUTES


def test_what_is_escaped_is_still_told() -> None:
    told = story(SCRIPT, "new", field(SCRIPT, SCRIPT, "x"), note=SCRIPT, writer=SCRIPT)
    html = diff_html(diff(told, events=((0.0, SCRIPT),)), EN)

    assert "<script" not in html
    assert Page(html).text.count(SCRIPT) == 6


@pytest.mark.parametrize("words", [EN, KO])
def test_every_thing_in_the_table_is_in_the_text_too(words: Words) -> None:
    told = diff(
        story("web", "changed", field(), writer="you", at=0.4),
        story("api", "new", field("spec.nodeName", NOTHING, "node-1"), writer="scheduler", note="created", at=12.0),
        story("old", "gone", note="removed", writer="", namespace="shop", at=130.0),
        heartbeats=3,
    )
    html, text = Page(diff_html(told, words)).text, diff_text(told, words)

    shared = ["web", "api", "shop/old", "spec.replicas", "node-1", "created", "removed", "scheduler", words("you")]
    shared += ["+0.4 s", "+12 s", "+2m 10s", words("heartbeats", n=3), told.sentence, NOTHING]
    assert [part for part in shared if part not in html] == []
    assert [part for part in shared if part not in text] == []


def test_korean_breaks_between_words() -> None:
    picture = Drawn(cluster(), "ko").picture()

    assert "word-break:keep-all" in picture.html.partition("<svg")[0]


def test_the_text_form() -> None:
    told = diff(story("web", "changed", field(), at=0.4), story("api", "new", note="created", writer=""), untold=2)

    assert diff_text(told, EN).splitlines() == [
        "you scaled Deployment web",
        "△ Deployment default/web",
        "    +0.4 s  spec.replicas 3 → 5  [you]",
        "+ Deployment default/api",
        "    +0.0 s  created  [—]",
        "and 2 more that are not listed",
    ]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (field("spec.nodeName", NOTHING, "node-1"), "spec.nodeName = node-1"),
        (field("spec.replicas", "3", "5"), "spec.replicas 3 → 5"),
        (field("data.key", COVER, COVER), "data.key changed (values are not shown)"),
        (field("data.key", NOTHING, COVER), f"data.key = {COVER}"),
    ],
)
def test_a_field_reads_as_a_sentence(change: FieldChange, shown: str) -> None:
    assert shown in Page(diff_html(diff(story("web", "changed", change)), EN)).text


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-0.2, "+0.0 s"), (9.94, "+9.9 s"), (9.95, "+10 s"), (119.4, "+119 s"), (119.6, "+2m 00s"), (3661, "+61m 01s")],
)
def test_moments_are_as_exact_as_they_need_to_be(seconds: float, shown: str) -> None:
    assert f" {shown} " in diff_text(diff(story("web", "new", note="created", at=seconds)), EN)


@pytest.mark.parametrize(("words", "text"), [(EN, "Nothing changed."), (KO, "바뀐 것이 없습니다.")])
def test_nothing_is_told_in_one_line_with_its_noise(words: Words, text: str) -> None:
    quiet = StateDiff("", (), 0, {"heartbeats": 2}, (), {})

    for told in (Page(diff_html(quiet, words)).text, diff_text(quiet, words)):
        assert told == f"{text} {words('folded noise', what=words('heartbeats', n=2))}"


def test_the_first_objects_are_open_and_the_rest_a_click_away() -> None:
    marks = ("new", "changed", "gone")
    told = [story(f"web-{n:02}", marks[n % 3], note="x", namespace=f"n{n % 5}") for n in range(OPEN + 3)]
    html = diff_html(diff(*told), EN)
    opened, _, behind = html.partition("<details")

    assert (opened.count("/web-"), behind.count("/web-")) == (OPEN, 3)
    assert "3 more objects" in behind


@pytest.mark.parametrize("namespace", ["default", "kube-system"])
def test_what_is_not_listed_is_always_counted(namespace: str) -> None:
    told = diff(story("web", "new", note="created", namespace=namespace), untold=4)

    assert "and 4 more that are not listed" in diff_html(told, EN)


def test_the_system_stands_behind_a_click() -> None:
    html = diff_html(diff(story("web", note="x"), story("dns", note="x", namespace="kube-system")), EN)
    opened, _, behind = html.partition("<details")

    assert ("web" in opened, "dns" in opened, "kube-system: 1 object" in behind) == (True, False, True)


def test_the_events_behind_a_click_come_to_an_end() -> None:
    events = tuple((float(number), f"event-{number:03}") for number in range(MOST_EVENTS + 5))
    html = diff_html(diff(story("web", note="x"), events=events), EN)

    assert len(re.findall(r"event-\d+", html)) == MOST_EVENTS
    assert "… and 5 more" in html and f"{MOST_EVENTS + 5} Events" in html


def test_namespaces_are_told_apart() -> None:
    page = Page(diff_html(diff(story("web", note="x"), story("web", note="x", namespace="shop")), EN))

    assert ("Deployment web" in page.text, "Deployment shop/web" in page.text) == (True, True)


@pytest.mark.parametrize(("mark", "note"), [("new", "new"), ("gone", "gone"), ("silent", "silent"), ("changed", "")])
def test_a_mark_is_told_by_sign_and_word(mark: str, note: str) -> None:
    page = Page(diff_html(diff(story("web", mark, field())), EN))

    assert f"Deployment web{' ' + note if note else ''}" in page.text
