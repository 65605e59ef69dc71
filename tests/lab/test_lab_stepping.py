"""One message at a time: live, one after the other, or once more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ipywidgets as widgets
import pytest
from notebook_shell import Session

from k8slab.lab import Lab
from k8slab.lab.stepping import MessagePanel
from k8slab.lab.timeline_words import say
from k8slab.view.messages import Messages


def parts(widget: Any) -> Any:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def find(panel: MessagePanel, kind: type[Any], tip: str = "") -> Any:
    found = [part for part in parts(panel.widget) if isinstance(part, kind)]
    return next(part for part in found if not tip or part.tooltip == say("en", f"{tip}_tip"))


def shown(panel: MessagePanel) -> str:
    return panel.messages.sentence(panel.messages.index)


@pytest.fixture
def lab() -> Lab:
    lab = Lab(1, lang="en")
    lab.picture()
    return lab


@pytest.fixture
def panel(lab: Lab) -> MessagePanel:
    lab.kubectl("run web --image=nginx:1.27")
    return lab.messages()


def test_what_was_said_in_the_cell_comes_first(panel: MessagePanel) -> None:
    assert shown(panel) == "you → api-server: POST pods/web → 201" and len(panel.messages) == 1


def test_at_the_end_the_cluster_takes_its_next_step(lab: Lab, panel: MessagePanel) -> None:
    start = lab.now
    panel.forward()

    assert shown(panel).startswith("scheduler → api-server: POST pods/web/binding → 201")
    assert 0 < lab.now - start < 0.1
    assert lab.client.get("Pod", "web", "default")["status"]["phase"] == "Pending"


def test_message_by_message_the_cluster_comes_to_rest(lab: Lab, panel: MessagePanel) -> None:
    count = 1
    while panel.forward():
        count += 1

    assert count == len(panel.messages) == panel.messages.index + 1
    assert lab.client.get("Pod", "web", "default")["status"]["phase"] == "Running"
    assert "at rest" in panel.text and "at rest" in find(panel, widgets.HTML).value


def test_steps_are_the_same_history_as_running(lab: Lab, panel: MessagePanel) -> None:
    while panel.forward():
        pass
    other = Lab(1, lang="en")
    other.kubectl("run web --image=nginx:1.27")
    other.settle()

    pods = [one.client.list("Pod") for one in (lab, other)]
    assert pods[0] == pods[1]


def test_a_step_back_shows_and_does_not_undo(lab: Lab, panel: MessagePanel) -> None:
    panel.forward()
    moment = lab.now
    panel.back()

    assert panel.messages.index == 0 and lab.now == moment
    assert "no Pods" not in find(panel, widgets.HTML).value
    panel.forward()
    assert lab.now == moment  # what has been said already is only shown again


def test_the_buttons_and_the_slider_move_it(panel: MessagePanel) -> None:
    find(panel, widgets.Button, "next").click()
    find(panel, widgets.Button, "next").click()
    places = [panel.messages.index]
    find(panel, widgets.Button, "previous").click()
    places.append(panel.messages.index)
    find(panel, widgets.IntSlider).value = 3
    places.append(panel.messages.index)
    find(panel, widgets.Button, "first").click()
    places.append(panel.messages.index)

    assert places == [2, 1, 2, 0]


def test_playing_goes_on_by_itself_and_ends_at_rest(panel: MessagePanel) -> None:
    play = find(panel, widgets.Play)
    play.playing = True
    for tick in range(1, 100):  # the browser counts
        if not play.playing:
            break
        play.value = tick

    assert not play.playing and panel.messages.index == len(panel.messages) - 1 > 5


def test_the_pace_is_that_of_the_player(panel: MessagePanel) -> None:
    find(panel, widgets.Dropdown).value = 400

    assert find(panel, widgets.Play).interval == 400


def test_after_the_cell_the_cluster_waits_for_the_panel(session: Session) -> None:
    session.run("x = 1")
    session.run("lab.kubectl('run web --image=nginx:1.27')\npanel = lab.messages()")
    pod = session["lab"].client.get("Pod", "web", "default")

    assert pod["status"]["phase"] == "Pending" and "nodeName" not in pod["spec"]


def test_without_anything_new_it_replays_what_led_to_the_last_picture(session: Session) -> None:
    session.run("x = 1")
    session.run("%kubectl run web --image=nginx:1.27")
    session.run("panel = lab.messages()")
    panel = session["panel"]

    assert shown(panel) == "you → api-server: POST pods/web → 201" and len(panel.messages) > 5


def test_it_goes_on_for_as_long_as_is_wanted(lab: Lab) -> None:
    """A machine that has lost its power is noticed by what comes back for ever: the watch for heartbeats."""
    lab.fail("node-1")
    start = lab.now
    panel = lab.messages("2m")
    while panel.forward():
        pass

    assert lab.now - start >= 120
    assert any(call.verb == "patch" and call.resource == "nodes" for call in panel.messages.calls)


def test_a_served_cluster_is_followed_and_not_stepped(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = lab.messages()
    monkeypatch.setattr(lab, "server", object())
    lab.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}})
    moment = lab.now
    has_more = [panel.forward(), panel.forward()]

    assert has_more == [True, False] and lab.now == moment


def test_a_cluster_elsewhere_is_followed_and_not_stepped(lab: Lab) -> None:
    lab.kubectl("run web --image=nginx:1.27")
    elsewhere: Any = SimpleNamespace(server=None, lang="en")
    panel = MessagePanel(elsewhere, Messages(lab.view, lab.reader), until=0)
    moment = lab.now

    assert shown(panel) == "you → api-server: POST pods/web → 201"
    assert not panel.forward() and lab.now == moment


def test_what_the_slider_shows_survives_the_next_cell(session: Session) -> None:
    session.run("x = 1")
    session.run("lab.kubectl('run web --image=nginx:1.27')\npanel = lab.messages()\npanel.forward()")
    session.run("%kubectl run db --image=nginx:1.27")
    panel = session["panel"]

    assert panel.messages.index == 1 and "POST pods/db" in panel.text


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_control_has_words(lang: str) -> None:
    panel = Lab(1, lang=lang).messages()

    buttons = [part for part in parts(panel.widget) if isinstance(part, widgets.Button)]
    assert len(buttons) == 3 and all(button.tooltip for button in buttons)
    assert find(panel, widgets.IntSlider).description == say(lang, "message")
    assert find(panel, widgets.Dropdown).description == say(lang, "speed")


def test_without_a_kernel_the_messages_stay(panel: MessagePanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")

    bundle = panel._repr_mimebundle_()

    assert set(bundle) == {"text/plain", "text/html"} and "POST pods/web" in bundle["text/plain"]
