"""The levers: each acts, says what it did, and the picture below follows; on what is gone it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pytest
from notebook_shell import Session

from k8slab.lab import Lab
from k8slab.lab.controls import Controls
from k8slab.lab.controls_graph import thing_of
from k8slab.lab.words import WORDS, say


class Panel:
    """One panel, to be pressed and read by the words on it."""

    def __init__(self, lab: Lab, *only: str) -> None:
        self.lab = lab
        self.controls: Controls = lab.controls(only)

    def parts(self, kind: type) -> list[Any]:
        return [part for part in _parts(self.controls.widget) if isinstance(part, kind)]

    def list(self, key: str, number: int = 0) -> widgets.Dropdown:
        """The list with this label."""
        return [one for one in self.parts(widgets.Dropdown) if one.description == self._say(key)][number]

    def press(self, key: str, number: int = 0) -> str:
        """Press the button with these words, and tell what the panel says."""
        [one for one in self.parts(widgets.Button) if one.description == self._say(key)][number].click()
        return self.controls.said

    def click(self, thing: str) -> list[str]:
        """Click on a thing in the graph; the buttons that are offered."""
        self.controls._graph.chosen = thing
        return [one.description for one in _parts(self.controls._chosen.widget) if isinstance(one, widgets.Button)]

    @property
    def broken(self) -> list[str]:
        """What the panel says is broken."""
        rows = self.controls._broken.children[1:]
        return [row.children[1].value for row in rows]

    def _say(self, key: str) -> str:
        return say(self.lab.lang, key)


def _parts(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _parts(child)


def a_lab(lang: str = "en") -> Lab:
    lab = Lab(2, lang=lang)
    lab.kubectl("create deployment web --image=nginx --replicas=2")
    lab.picture()
    return lab


@pytest.fixture
def panel() -> Panel:
    return Panel(a_lab())


def pod_names(lab: Lab) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in lab.client.list("Pod", "default"))


def test_the_panel_offers_the_pods_and_the_machines(panel: Panel) -> None:
    assert list(panel.list("pod").options) == pod_names(panel.lab)
    assert list(panel.list("machine").options) == ["node-1", "node-2", "control-plane"]
    assert panel.list("workload").options == (("Deployment web", ("Deployment", "default", "web")),)


def test_killing_a_pod_deletes_the_chosen_one_and_shows_what_follows(panel: Panel) -> None:
    _, victim = panel.list("pod").options
    panel.list("pod").value = victim

    said = panel.press("kill")

    assert said == f"Pod {victim} was deleted."
    assert victim not in panel.list("pod").options and len(panel.list("pod").options) == 2
    assert f"deleted Pod {victim}" in panel.controls._diff.value


def test_a_crashed_container_is_restarted_by_its_kubelet(panel: Panel) -> None:
    pod = panel.list("pod").value

    panel.press("crash")

    status = panel.lab.client.get("Pod", pod, "default")["status"]["containerStatuses"][0]
    assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 137)


def test_a_machine_is_cut_listed_as_broken_and_repaired(panel: Panel) -> None:
    panel.list("machine").value = "node-2"
    panel.press("cut")
    listed = panel.broken

    said = panel.press("repair")

    assert (listed, panel.broken) == (["node-2 has no power"], [])
    assert said == "Repaired: node-2 has no power." and panel.lab.cluster.world.vms["node-2"].is_on


@pytest.mark.parametrize(
    ("group", "choices", "press", "fault"),
    [
        ("power", {"machine": "node-1"}, "cut", "node-1 has no power"),
        ("daemons", {"machine": "node-1"}, "stop", "kubelet on node-1 is stopped"),
        ("control", {"part": "kube-scheduler"}, "stop", "kube-scheduler on control-plane is stopped"),
        ("control", {"part": "etcd"}, "stop", "etcd on control-plane is stopped"),
        ("control", {"part": "kube-apiserver"}, "stop", "kube-apiserver on control-plane is stopped"),
        ("control", {"part": "kube-controller-manager"}, "stop", "kube-controller-manager on control-plane is stopped"),
        ("control", {"part": "dns"}, "stop", "DNS has no replicas"),
        ("network", {"end_a": "node-1", "end_b": "node-2"}, "unlink", "the link between node-1 and node-2 is cut"),
        ("network", {"zone": "zone-b"}, "isolate", "the link between zone-a and zone-b is cut"),
        ("network", {"zone": "zone-b"}, "zone_off", "node-2 has no power"),
        ("network", {"machine": "node-2", "delay": "1s"}, "slow", "node-2 hears everything 1s later"),
    ],
)
def test_every_fault_is_listed_and_repaired(group: str, choices: dict[str, str], press: str, fault: str) -> None:
    panel = Panel(a_lab(), group)
    for key, value in choices.items():
        panel.list(key).value = value
    panel.press(press)
    listed = panel.broken

    panel.press("repair_all")

    assert (listed, panel.broken) == ([fault], [])
    assert panel.lab.kubectl("get nodes").count(" Ready") == 3


@pytest.mark.parametrize(
    ("group", "choices", "press", "said"),
    [
        ("pods", {}, "kill", "Pod {pod} is gone already."),
        ("pods", {}, "crash", "Nothing runs in {pod} at this moment."),
        ("power", {"machine": "node-1"}, "restore", "node-1 has power as it is."),
        ("daemons", {"machine": "node-1"}, "start", "kubelet on node-1 runs as it is."),
        ("network", {"end_a": "node-1", "end_b": "node-1"}, "unlink", "A link needs two different ends"),
        ("network", {"end_a": "node-1", "end_b": "zone-a"}, "unlink", "A link needs two different ends"),
        ("network", {"end_a": "node-1", "end_b": "node-2"}, "link", "The link between node-1 and node-2 is whole"),
        ("scale", {}, "scale", "Deployment web is gone already."),
        ("time", {}, "pause", "Time only runs by itself in a served cluster"),
    ],
)
def test_a_lever_on_something_gone_says_so_and_changes_nothing(
    group: str, choices: dict[str, str], press: str, said: str
) -> None:
    lab = a_lab()
    panel, pod = Panel(lab, group), pod_names(lab)[0]
    lab.client.delete("Deployment", "web", "default")
    lab.settle()
    for key, value in choices.items():
        panel.list(key).value = value
    before = lab.cluster.etcd.revision, lab.now

    text = panel.press(press)

    assert text.startswith(said.format(pod=pod)) and text.endswith("Nothing was changed.")
    assert (lab.cluster.etcd.revision, lab.now) == before


def test_a_machine_without_power_has_no_daemon_to_stop(panel: Panel) -> None:
    panel.lab.fail("node-1")

    assert panel.press("stop") == "node-1 has no power as it is. Nothing was changed."


def test_without_the_api_server_the_panel_says_so_and_offers_what_was_last_known(panel: Panel) -> None:
    panel.list("part").value = "kube-apiserver"
    panel.press("stop", 1)
    offered = panel.list("pod").options

    said = panel.press("kill")

    assert said.startswith("The API server does not answer, so nothing was changed.")
    assert panel.list("pod").options == offered != ()


def test_the_slider_stands_where_the_workload_does_and_scales_it(panel: Panel) -> None:
    slider = panel.parts(widgets.IntSlider)[0]
    before = slider.value
    slider.value = 4

    said = panel.press("scale")

    assert (before, slider.value, len(pod_names(panel.lab))) == (2, 4, 4)
    assert said == "Deployment web: 4 replicas are wanted now."


@pytest.mark.parametrize(("duration", "seconds"), [("1s", 1), ("1m", 60)])
def test_time_passes_as_long_as_was_chosen(panel: Panel, duration: str, seconds: float) -> None:
    before = panel.lab.now
    panel.list("duration").value = duration

    panel.press("run")

    assert panel.lab.now - before == seconds


def test_a_step_lets_one_thing_happen_and_no_more(panel: Panel) -> None:
    panel.lab.client.delete("Pod", pod_names(panel.lab)[0], "default")

    panel.press("step")

    assert panel.lab.cluster.kubectl("get pods").count("Terminating") == 1


@pytest.mark.parametrize(
    ("thing", "offered"),
    [
        ("Node/node-1", ["Cut power", "Stop kubelet", "Cordon"]),
        ("Pod/default/{pod}", ["Kill pod", "Crash container"]),
        ("Pod/kube-system/kube-scheduler-control-plane", ["Stop this part"]),
        ("Pod/kube-system/etcd-control-plane", ["Stop this part"]),
        ("Deployment/default/web", ["One more", "One less"]),
        ("Service/default/kubernetes", []),
    ],
)
def test_a_click_in_the_graph_offers_what_can_be_done(panel: Panel, thing: str, offered: list[str]) -> None:
    assert panel.click(thing.format(pod=pod_names(panel.lab)[0])) == offered


@pytest.mark.parametrize(
    ("thing", "press", "then"),
    [
        ("Node/node-1", "cut", ["Restore power"]),
        ("Node/node-1", "stop kubelet", ["Cut power", "Start kubelet", "Cordon"]),
        ("Node/node-1", "cordon", ["Cut power", "Stop kubelet", "Uncordon"]),
        ("Pod/kube-system/etcd-control-plane", "stop part", ["Start this part"]),
    ],
)
def test_what_is_offered_follows_what_was_done(panel: Panel, thing: str, press: str, then: list[str]) -> None:
    panel.click(thing)
    panel.press(press, -1)

    assert panel.click(thing) == then


def test_the_chosen_pod_can_be_killed_and_is_gone_then(panel: Panel) -> None:
    victim = pod_names(panel.lab)[0]
    panel.click(f"Pod/default/{victim}")
    panel.press("kill", -1)

    said = panel.press("kill", -1)

    assert said == f"Pod {victim} is gone already. Nothing was changed."


def test_a_deployment_grows_by_one_click_after_the_other(panel: Panel) -> None:
    panel.click("Deployment/default/web")
    panel.press("more")
    panel.press("more")

    assert len(pod_names(panel.lab)) == 4


@pytest.mark.parametrize(
    ("named", "thing"),
    [
        ("Pod/default/web-1", ("Pod", "default", "web-1")),
        ("Node/node-1", ("Node", "", "node-1")),
        ("Deployment/Deployment/shop/web", ("Deployment", "shop", "web")),
        ("", None),
        ("Pod/", None),
    ],
)
def test_the_graph_names_its_things(named: str, thing: tuple[str, str, str] | None) -> None:
    assert thing_of(named) == thing


def test_what_a_button_did_is_not_shown_again_by_the_next_cell(session: Session) -> None:
    Panel(session["lab"]).press("run")

    assert session.run("x = 1").pictures == []


def test_the_panel_follows_later_cells(session: Session) -> None:
    panel = Panel(session["lab"])
    session.run("%kubectl create deployment web --image=nginx --replicas=2")

    assert list(panel.list("pod").options) == pod_names(session["lab"]) != []
    assert pod_names(session["lab"])[0] in panel.controls._graph.svg


def test_after_a_reset_the_levers_move_the_new_cluster(panel: Panel) -> None:
    old = panel.lab.cluster
    panel.lab.reset()

    panel.press("cut")

    new = panel.lab.cluster
    assert old.world.vms["node-1"].is_on and new is not old and not new.world.vms["node-1"].is_on


def test_a_choice_that_still_exists_is_kept(panel: Panel) -> None:
    _, second = panel.list("pod").options
    panel.list("pod").value, panel.list("machine").value = second, "node-2"

    panel.press("run")

    assert (panel.list("pod").value, panel.list("machine").value) == (second, "node-2")


def test_only_some_levers_are_shown_where_only_some_are_wanted() -> None:
    panel = Panel(Lab(1, lang="en"), "power", "time")
    panel.press("run")

    assert not panel.parts(widgets.ToggleButtons)
    assert {one.description for one in panel.parts(widgets.Dropdown)} == {"Machine", "Duration"}
    assert "<svg" in panel.controls._graph.svg  # what follows is drawn, though nobody asked for the graph before


def test_a_lever_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r'called "coffee"; there are: pods, power, .*graph'):
        Lab(0, agents=(), lang="en").controls("coffee")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_everything_has_a_label_and_a_tooltip_in_the_language_of_the_lab(lang: str) -> None:
    panel = Panel(a_lab(lang))
    found = panel.parts(widgets.Button) + panel.parts(widgets.Dropdown)

    assert all(part.description in WORDS[lang].values() and part.tooltip for part in found)
    assert len(found) > 20


def test_a_served_cluster_is_paused_sped_up_and_resumed() -> None:
    lab = Lab(1, lang="en")
    with lab.serve():
        panel = Panel(lab, "time")
        panel.parts(widgets.SelectionSlider)[0].value = 60.0
        speeds = [(panel.press(key), lab.server.pacer.speed)[1] for key in ("speed", "pause", "resume") if lab.server]
        lab.close()

    assert speeds == [60.0, 0, 60.0]


def test_a_panel_is_a_widget_and_for_other_readers_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(1, lang="en")
    lab.fail("node-1")
    live = lab.controls()._repr_mimebundle_()
    monkeypatch.setenv("K8SLAB_STATIC", "1")
    still = lab.controls()._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in live
    assert sorted(still) == ["text/html", "text/plain"]
    assert "Power: Cut power, Restore power, Shut down in order" in still["text/plain"]
    assert "Broken now: node-1 has no power" in still["text/plain"]


@pytest.mark.parametrize("key", sorted(WORDS["en"]))
def test_every_text_is_there_in_both_languages_with_the_same_blanks(key: str) -> None:
    def blanks(lang: str) -> set[str]:
        return {part.partition("}")[0] for part in WORDS[lang][key].split("{")[1:]}

    assert blanks("en") == blanks("ko")
