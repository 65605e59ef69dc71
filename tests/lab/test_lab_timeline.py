"""The time line's controls: scrub, zoom, fork; the keys and the mouse move the same widgets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ipywidgets as widgets
import pytest
from notebook_shell import Session

from k8slab.lab import Lab
from k8slab.lab.timeline import TimelinePanel
from k8slab.lab.timeline_words import say
from k8slab.view import ClusterView


def parts(widget: Any) -> Any:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def press(line: TimelinePanel, name: str) -> None:
    (found,) = [part for part in parts(line.widget) if getattr(part, "tooltip", "") == say("en", f"{name}_tip")]
    if isinstance(found, widgets.ToggleButton):
        found.value = not found.value
    else:
        found.click()


def screens(line: TimelinePanel) -> list[str]:
    """What every HTML of the panel shows."""
    return [part.value for part in parts(line.widget) if isinstance(part, widgets.HTML)]


@pytest.fixture
def lab() -> Lab:
    lab = Lab(2, lang="en")
    lab.kubectl("create deployment web --image=nginx --replicas=2")
    lab.picture()
    return lab


def test_at_first_it_stands_at_the_end_and_shows_the_newest_picture(lab: Lab) -> None:
    line = lab.timeline()

    assert line.moment == pytest.approx(lab.now)
    assert line.line.picture().diff.sentence == lab.last.diff.sentence  # type: ignore[union-attr]


def test_moving_the_scrubber_shows_the_past(lab: Lab) -> None:
    line = lab.timeline()
    (scrub,) = [part for part in parts(line.widget) if isinstance(part, widgets.IntSlider)]

    scrub.value = 0

    assert line.moment == line.line.began
    assert any("no Pods" in shown for shown in screens(line))


def test_a_moment_can_be_sought(lab: Lab) -> None:
    line = lab.timeline()
    stop = line.line.stops[3]

    line.seek(stop + 0.0001)

    assert line.moment == stop


def test_steps_stay_within_the_line(lab: Lab) -> None:
    line = lab.timeline()
    press(line, "on")
    at_end = line.moment
    press(line, "back")
    before = line.moment

    assert (at_end, before) == (line.line.stops[-1], line.line.stops[-2])


def test_the_range_zooms(lab: Lab) -> None:
    line = lab.timeline()
    (slider,) = [part for part in parts(line.widget) if isinstance(part, widgets.FloatRangeSlider)]

    slider.value = (0, 0.004)

    assert line.line.start == line.line.began and line.line.end == pytest.approx(line.line.began + 0.004)
    assert "kubelet" not in line.text and "you: 1 created" in line.text


@pytest.mark.parametrize("name", ["order", "reads"])
def test_toggles_change_what_is_drawn(lab: Lab, name: str) -> None:
    lab.kubectl("get pods")
    line = lab.timeline()
    before = line.line.html

    press(line, name)

    assert line.line.html != before
    assert (line.line.is_in_order, line.line.has_reads) == (name == "order", name == "reads")


def test_it_grows_with_the_cells(session: Session) -> None:
    session.run("line = lab.timeline()")
    session.run("%kubectl run web --image=nginx:1.27")
    line = session["line"]

    assert line.moment == pytest.approx(session["lab"].now)
    assert "scheduler: 1 updated, 1 Event" in line.text


def test_levers_are_in_it_as_they_were_called(lab: Lab) -> None:
    lab.fail("node-1")
    lab.run("7m")
    lab.recover("node-1")

    line = lab.timeline()

    assert "nodes and faults: 2 faults, 2 recoveries" in line.text  # and the Node that went, and came back
    assert "fail(&#39;node-1&#39;)" in line.line.html


def test_a_fork_goes_on_from_the_scrubber_and_leaves_the_lab_alone(lab: Lab) -> None:
    line = lab.timeline()
    line.seek(line.line.stops[5])
    forked = line.fork()
    forked.kubectl("delete deployment web")
    forked.settle()

    assert line.forked is forked and forked.lang == "en"
    assert forked.cluster.client.list("Pod", "default") == []
    assert len(lab.client.list("Pod", "default")) == 2


def test_what_the_scrubber_shows_is_in_the_fork(lab: Lab) -> None:
    """The record keeps microseconds; what happened at the moment itself must not be lost."""
    line = lab.timeline()
    for stop in line.line.stops[1:6]:
        line.seek(stop)
        shown = line.line.picture().scene.text
        assert ClusterView(line.fork().reader, "en").update().scene.text == shown


def test_the_button_forks_and_says_so(lab: Lab) -> None:
    line = lab.timeline()
    line.seek(line.line.began)

    press(line, "fork")

    assert line.forked is not None and line.forked.now == pytest.approx(line.line.began, abs=1e-5)
    assert any("Forked at +0 ms" in shown for shown in screens(line))


def test_a_fork_of_a_fork_knows_the_time_before_it(lab: Lab) -> None:
    forked = lab.fork()
    forked.kubectl("scale deployment web --replicas=3")
    forked.picture()
    line = forked.timeline()

    line.seek(forked.cluster.built_at)

    assert line.line.began < line.line.view.history.began
    assert "no Pods" in line.line.picture().text


def test_a_cell_after_a_fork_acts_in_it(session: Session) -> None:
    session.run("other = lab.timeline().fork()")
    session.run("%kubectl run web --image=nginx:1.27")

    assert len(session["other"].client.list("Pod", "default")) == 1
    assert session["lab"].client.list("Pod", "default") == []


def test_a_moment_that_was_not_lived_is_no_fork(lab: Lab) -> None:
    with pytest.raises(ValueError, match="knows its past"):
        lab.timeline().fork(lab.cluster.built_at - 1)


def test_a_cluster_in_the_time_of_another_has_no_fork_here() -> None:
    lab = Lab(1, lang="en")
    second = Lab.of(type(lab.cluster)(1, loop=lab.cluster.loop), "en")

    line = second.timeline()

    assert line._fork.disabled and line.line.picture().text


def test_a_cluster_elsewhere_is_scrubbed_and_not_forked(lab: Lab) -> None:
    """What Lab.connect shows has no Cluster behind it."""
    elsewhere: Any = SimpleNamespace(view=lab.view, reader=lab.reader, lang="en")
    line = TimelinePanel(elsewhere)
    line.seek(line.line.stops[0])

    assert "no Pods" in line.line.picture().text and "scheduler: " in line.text
    assert line._fork.disabled


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_control_has_words(lang: str) -> None:
    line = Lab(1, lang=lang).timeline()

    controls = [part for part in parts(line.widget) if isinstance(part, (widgets.Button, widgets.ToggleButton))]
    assert all(control.description and control.tooltip for control in controls) and len(controls) == 5
    sliders = [part for part in parts(line.widget) if isinstance(part, (widgets.IntSlider, widgets.FloatRangeSlider))]
    assert all(slider.description for slider in sliders)


def test_without_a_kernel_lanes_and_picture_stay(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")

    shown = lab.timeline()._repr_mimebundle_()

    assert set(shown) == {"text/plain", "text/html"}
    assert shown["text/html"].count("data:image/png") == 2
    assert "Time line from" in shown["text/plain"] and "2 Pods: 2 Ready" in shown["text/plain"]
