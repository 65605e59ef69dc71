"""The picture as SVG: well-formed, escaped, with a hover text for every pod."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from fake_reader import FakeReader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects_of_a_cluster import cluster, deploy, pod
from some_cluster import Drawn, some_cluster

from k8slab.view.drawing import draw
from k8slab.view.glyphs import GLYPHS, PAINTS
from k8slab.view.marks import Close, Glyph, Line, Open
from k8slab.view.states import STATES
from k8slab.view.style import DARK, LIGHT, STYLES
from k8slab.view.svg import escape, svg

CALM = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
SVG = "{http://www.w3.org/2000/svg}"
SCRIPT = "<script>alert(1)</script>"


def ids(text: str) -> list[str]:
    return re.findall(r'\bid="([^"]*)"', text)


@CALM
@given(some_cluster(), st.sampled_from(["en", "ko"]))
def test_the_picture_is_well_formed(reader: FakeReader, lang: str) -> None:
    root = ElementTree.fromstring(svg(Drawn(reader, lang).scene()))

    assert root.tag == SVG + "svg"
    assert not any(element.tag in (SVG + "a", SVG + "script") for element in root.iter())
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)


@CALM
@given(some_cluster())
def test_every_mark_of_a_pod_has_a_hover_text(reader: FakeReader) -> None:
    scene = Drawn(reader).scene()
    root = ElementTree.fromstring(svg(scene))

    titles = {}
    for group in root.iter(SVG + "g"):
        kind, _, key = group.get("data-object", "").partition("/")
        if kind == "Pod" and "data-part" not in group.attrib:
            titles[key] = group.findtext(SVG + "title") or ""
    assert set(titles) == {str(part.card.key) for part in (*scene.tiles, *scene.dots)}
    assert all(title.startswith(f"Pod {key} · ") for key, title in titles.items())


@given(st.text())
def test_any_text_can_be_written(text: str) -> None:
    escaped = escape(text)

    (read,) = [element.text for element in ElementTree.fromstring(f"<a><b>{escaped}</b></a>")]
    (quoted,) = ElementTree.fromstring(f'<a><b c="{escaped}"/></a>')
    assert (read or "") == re.sub("[\x00-\x08\x0b-\x1f\ufffe\uffff]", "", text)
    assert quoted.attrib["c"].split() == (read or "").split()


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_letters_that_xml_does_not_know_are_left_out(letter: str) -> None:
    """Source: W3C, Extensible Markup Language 1.0, production 2 (Char)."""
    assert escape(f"a{letter}b") == "ab"


def test_no_text_of_a_cluster_becomes_svg() -> None:
    reader = cluster()
    reader.put(pod(SCRIPT, "node-1", image=SCRIPT, waiting=SCRIPT, is_ready=False))
    text = svg(Drawn(reader).scene())

    assert "<script" not in text
    assert any(SCRIPT in (title.text or "") for title in ElementTree.fromstring(text).iter(SVG + "title"))


def test_two_pictures_on_one_page_share_no_id() -> None:
    drawn = Drawn(cluster())
    first = svg(drawn.scene())
    deploy(drawn.reader, "web", ["node-1"])
    second = svg(drawn.scene())

    assert len(set(ids(first))) == len(ids(first)) > 1
    assert set(ids(first)) & set(ids(second)) == set()


def test_what_a_picture_refers_to_is_in_it() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1"])
    text = svg(Drawn(reader).scene())

    referred = set(re.findall(r'href="#([^"]*)"', text)) | set(re.findall(r"url\(#([^)]*)\)", text))
    assert referred <= set(ids(text)) and len(referred) > 1


def test_the_style_of_a_picture_touches_nothing_else() -> None:
    text = svg(Drawn(cluster()).scene())
    (style,) = re.findall("<style>(.*?)</style>", text)

    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", style)
    assert selectors and all(f"#{ids(text)[0]}" in selector for selector in selectors)


def test_the_state_is_told_to_who_cannot_see() -> None:
    scene = Drawn(cluster()).scene()
    root = ElementTree.fromstring(svg(scene))

    assert (root.get("role"), root.get("aria-label")) == ("img", scene.text)


def test_the_same_picture_is_the_same_text() -> None:
    assert svg(Drawn(cluster()).scene()) == svg(Drawn(cluster()).scene())


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_symbol_of_its_own(state: str) -> None:
    """A picture must read without colours too."""
    others = [GLYPHS[other] for other in STATES if other != state]

    assert GLYPHS[state] not in others
    assert {f"tile.{state}", f"part.{state}"} <= set(STYLES)


@CALM
@given(some_cluster())
def test_all_marks_have_a_look(reader: FakeReader) -> None:
    marks = draw(Drawn(reader).scene())

    depth = 0
    for mark in marks:
        depth += isinstance(mark, Open) - isinstance(mark, Close)
        assert depth in (0, 1)
        if isinstance(mark, Glyph):
            assert mark.name in GLYPHS
        elif not isinstance(mark, Open | Close):
            assert mark.style in STYLES
        assert not isinstance(mark, Line) or len(mark.points) > 1
    assert depth == 0


def test_all_colours_are_there_by_day_and_by_night() -> None:
    named = (
        {style.fill for style in STYLES.values()} | {style.stroke for style in STYLES.values()} | set(PAINTS.values())
    )

    assert named - {"", "hatch"} <= set(LIGHT) == set(DARK)


def contrast(one: str, other: str) -> float:
    """Source: W3C, Web Content Accessibility Guidelines 2.2, "contrast ratio"."""
    shades = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        shades.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(shades) + 0.05) / (min(shades) + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_letters_stand_out_from_the_ground(colours: dict[str, str]) -> None:
    """Source: W3C, Web Content Accessibility Guidelines 2.2, 1.4.3: 4.5 to 1 for text."""
    assert contrast(colours["text"], colours["paper"]) >= 4.5


@pytest.mark.parametrize("is_static", [False, True])
def test_ipython_gets_html_and_text(monkeypatch: pytest.MonkeyPatch, is_static: bool) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1" if is_static else "")
    picture = Drawn(cluster()).picture()

    bundle = picture._repr_mimebundle_()

    assert bundle == {"text/plain": picture.text, "text/html": picture.html}
    assert ("<svg" in picture.html, "<img" in picture.html) == (not is_static, is_static)
