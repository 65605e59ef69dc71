"""The buttons: each acts, and the picture below them follows."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import ipywidgets as widgets
import pytest
from notebook_shell import Session

from k8slab.lab import Lab
from k8slab.lab.words import say


class Panel:
    """The widgets of one panel by what they are for."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        found = list(_parts(lab.controls()))
        self.buttons = {part.description: part for part in found if isinstance(part, widgets.Button)}
        self.pods, self.machines, self.durations = (part for part in found if isinstance(part, widgets.Dropdown))

    def press(self, key: str) -> str:
        """Click, and tell what is shown below the buttons."""
        with redirect_stdout(StringIO()) as screen:
            self.buttons[say(self.lab.lang, key)].click()
        return screen.getvalue().replace("\x1b[2K\r", "")  # how a terminal is cleared


def _parts(widget: Any) -> Any:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _parts(child)


@pytest.fixture
def panel() -> Panel:
    lab = Lab(2, lang="en")
    lab.kubectl("create deployment web --image=nginx --replicas=2")
    lab.picture()
    return Panel(lab)


def pod_names(lab: Lab) -> list[str]:
    return [pod["metadata"]["name"] for pod in lab.client.list("Pod", "default")]


def test_the_panel_offers_the_pods_and_the_machines(panel: Panel) -> None:
    assert list(panel.pods.options) == pod_names(panel.lab)
    assert list(panel.machines.options) == ["node-1", "node-2", "control-plane"]


def test_without_pods_it_says_so() -> None:
    assert Panel(Lab(1, lang="en")).pods.options == ("no pods",)


def test_killing_a_pod_deletes_the_chosen_one_and_shows_what_follows(panel: Panel) -> None:
    _, victim = panel.pods.options
    panel.pods.value = victim

    text = panel.press("kill")

    assert victim not in pod_names(panel.lab) and len(pod_names(panel.lab)) == 2
    assert f"You deleted Pod {victim}" in text


def test_after_a_kill_the_new_pod_is_offered(panel: Panel) -> None:
    panel.press("kill")

    assert list(panel.pods.options) == pod_names(panel.lab)


def test_a_machine_is_cut_and_restored(panel: Panel) -> None:
    panel.machines.value = "node-2"
    shown = [panel.press("cut")]
    is_on = [panel.lab.cluster.world.vms["node-2"].is_on]
    shown.append(panel.press("restore"))
    is_on.append(panel.lab.cluster.world.vms["node-2"].is_on)

    assert is_on == [False, True]
    assert panel.machines.value == "node-2"
    assert all(text.startswith("3 of 3 Nodes Ready") for text in shown)


@pytest.mark.parametrize(("duration", "seconds"), [("1s", 1), ("1m", 60)])
def test_time_passes_as_long_as_was_chosen(panel: Panel, duration: str, seconds: float) -> None:
    before = panel.lab.now
    panel.durations.value = duration

    text = panel.press("run")

    assert panel.lab.now - before == seconds
    assert text.startswith("3 of 3 Nodes Ready")


def test_a_step_lets_one_thing_happen_and_no_more(panel: Panel) -> None:
    lab = panel.lab
    lab.client.delete("Pod", pod_names(lab)[0], "default")

    text = panel.press("step")

    assert lab.cluster.kubectl("get pods").count("Terminating") == 1
    assert text.startswith("3 of 3 Nodes Ready")


def test_what_a_button_did_is_not_shown_again_by_the_next_cell(session: Session) -> None:
    panel = Panel(session["lab"])
    panel.press("run")

    assert session.run("x = 1").pictures == []


def test_offered_pods_follow_later_cells(session: Session) -> None:
    panel = Panel(session["lab"])
    session.run("%kubectl create deployment web --image=nginx --replicas=2")

    assert list(panel.pods.options) == pod_names(session["lab"]) != []


def test_a_choice_that_still_exists_is_kept(panel: Panel) -> None:
    _, second = panel.pods.options
    panel.pods.value, panel.machines.value = second, "node-2"

    panel.press("run")

    assert (panel.pods.value, panel.machines.value) == (second, "node-2")


def test_an_impossible_act_shows_its_reason(panel: Panel) -> None:
    victim = panel.pods.value
    panel.lab.client.delete("Pod", victim, "default")
    panel.lab.settle()

    text = panel.press("kill")

    assert text == f'Error from server (NotFound): pods "{victim}" not found\n'
    assert victim not in panel.pods.options


def test_without_the_control_plane_the_panel_offers_what_was_last_known(panel: Panel) -> None:
    """Source: k8s.io/kubectl/pkg/cmd/util/helpers.go, StandardErrorMessage: what kubectl says when nobody answers."""
    panel.machines.value = "control-plane"
    offered = panel.pods.options
    text = panel.press("cut")

    refusal = panel.press("kill")

    assert "the API server does not answer" in text
    assert refusal.startswith("Unable to connect to the server: dial tcp")
    assert panel.pods.options == offered


def test_without_pods_there_is_none_to_kill() -> None:
    panel = Panel(Lab(1, lang="en"))

    assert "no pods" in panel.press("kill")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_buttons_speak_the_language_of_the_lab(lang: str) -> None:
    panel = Panel(Lab(1, lang=lang))

    assert set(panel.buttons) == {say(lang, key) for key in ("kill", "cut", "restore", "step", "run")}
    assert all(button.tooltip for button in panel.buttons.values())
