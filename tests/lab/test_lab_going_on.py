"""Whatever a cell does, the lab goes on: what never rests is stopped and explained, and there is a new start."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from notebook_shell import Session

from k8slab import Cluster
from k8slab.clock import HotLoop, Loop
from k8slab.lab import Lab
from k8slab.lab.patience import patient

HOT = """
from k8slab.client import Controller, own_key
class Restless(Controller):
    name = "restless-controller"
    watches = {"ConfigMap": own_key}
    def reconcile(self, key):
        config = self.informer("ConfigMap").get(key)
        if config is not None and key.name == "counter":
            turns = int(config["data"]["turns"]) + 1
            self.client.patch("ConfigMap", "counter", key.namespace, {"data": {"turns": str(turns)}})
"""
ALONE = """
from k8slab.client import Informers
informers = Informers(lab.client, lab.cluster.loop)
restless = Restless(lab.client, informers, lab.cluster.loop)
informers.start()
"""
FEED = "%kubectl create configmap counter --from-literal=turns=0"


@pytest.fixture
def hot(bare: Session) -> Iterator[Session]:
    """A session with a small budget, and a class that never rests."""
    bare.run(f"import k8slab.lab\nlab = k8slab.lab.Lab(1, lang='en', budget=2_000)\n{HOT}")
    yield bare


def test_a_controller_that_answers_itself_is_stopped_and_explained(hot: Session) -> None:
    hot.run("lab.controller(Restless)")

    cell = hot.run(FEED)

    assert "more than 2,000 callbacks in one second of virtual time" in cell.mistakes[0]
    assert "restless-controller: patch configmaps default/counter (" in cell.mistakes[0]
    assert "Of your controllers this was stopped: restless-controller" in cell.mistakes[0]
    assert (len(cell.pictures), "Traceback" in cell.text) == (1, False)


def test_after_that_the_lab_goes_on(hot: Session) -> None:
    hot.run("lab.controller(Restless)")
    hot.run(FEED)

    cell = hot.run("%kubectl create deployment web --image=nginx")

    assert cell.mistakes == [] and "1 Pod: 1 Ready" in hot["lab"].last.scene.text


def test_one_that_nobody_can_stop_makes_time_stand(hot: Session) -> None:
    hot.run(ALONE)
    first, stood = hot.run(FEED), hot["lab"].now
    second, stands = hot.run("%kubectl create configmap another"), hot["lab"].now
    third = hot.run("lab.settle()")

    assert "lab.reset()" in first.mistakes[0] and len(first.pictures) == 1
    assert (second.mistakes, len(second.pictures), stands) == ([], 1, stood)
    assert len(third.mistakes) == 1


def test_a_run_has_the_budget_too(hot: Session) -> None:
    hot.run(ALONE)
    hot.run(f"{FEED}")

    cell = hot.run("lab.run('10m')")

    assert "more than 2,000 callbacks" in cell.mistakes[0] and len(cell.pictures) == 1


def test_the_explanation_is_in_the_language_of_the_lab(hot: Session) -> None:
    hot.run("lab.lang = 'ko'\nlab.controller(Restless)")

    assert "여러분의 컨트롤러 가운데 멈춘 것: restless-controller" in hot.run(FEED).mistakes[0]


def test_the_same_cell_run_again_replaces_its_controller(hot: Session) -> None:
    calm = HOT.replace("turns = int", "return\n            turns = int")
    hot.run(f"{calm}\nfirst = lab.controller(Restless)\nsecond = lab.controller(Restless)")

    hot.run("%kubectl create configmap other")

    assert (hot["first"].reconciles, hot["second"].reconciles > 0) == (0, True)


def test_what_is_no_controller_is_refused(hot: Session) -> None:
    assert "a controller is a class made from k8slab.client.Controller" in hot.run("lab.controller(3)").mistakes[0]


def test_patience_ends_by_the_clock_on_the_wall() -> None:
    loop, gone = Loop(), Event()

    def tick() -> None:
        gone.wait(0.01)
        loop.call_later(1.0, tick)

    loop.call_soon(tick)
    with pytest.raises(HotLoop, match=r"no rest after 0.05 s of real time, next in line"), patient(loop, 0.05):
        loop.settle()


def test_giving_up_between_runs_ends_nothing() -> None:
    loop = Loop()
    loop.give_up("somebody was late")

    loop.run_until(loop.now + 1)
    loop.settle()


@pytest.mark.parametrize("budget", [0, -1])
def test_a_budget_is_a_number_of_callbacks(budget: int) -> None:
    with pytest.raises(ValueError, match="a budget is a number of callbacks from 1"):
        Loop().budget = budget


def test_a_new_start_is_the_same_cluster_without_what_happened(session: Session) -> None:
    before = session["lab"].kubectl("get nodes -o yaml")
    session.run("lab.fail('node-1')\nlab.run('10m')\n%kubectl create deployment web --image=nginx")

    cell = session.run("lab.reset();")

    assert (len(cell.pictures), session["lab"].last.diff) == (1, None)
    assert session["lab"].last.scene.text == "2 of 2 Nodes Ready; no Pods"
    assert session["lab"].kubectl("get nodes -o yaml") == before


def test_panels_follow_the_new_cluster(session: Session) -> None:
    session.run("panel = lab.controls()\ntape = lab.tape('Pod')\n%kubectl create deployment web --image=nginx")
    old = session["tape"].tape

    session.run("lab.reset();")
    session.run("%kubectl create deployment db --image=nginx")
    offered = str(session["panel"].__dict__)

    assert session["panel"] in session["lab"]._panels and session["tape"] not in session["lab"]._panels
    assert old.is_torn or old._stream is None or old._stream.is_closed
    assert "web-" not in offered


def test_a_served_lab_is_served_no_longer_after_a_new_start(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    session.run("server = lab.serve(speed=0)")

    cell = session.run("lab.reset();")

    assert (session["lab"].server, len(cell.pictures)) == (None, 1)


def test_a_lab_of_a_given_cluster_has_no_new_start() -> None:
    with pytest.raises(ValueError, match="made elsewhere"):
        Lab.of(Cluster(agents=())).reset()


CELLS = (
    "lab.fail('node-1')",
    "lab.recover('node-1')",
    "%kubectl delete deployment web",
    "%kubectl create deployment web --image=nginx --replicas=2",
    "lab.run('1m')",
    "lab.request('http://web')",
    "lab.controls()",
    "lab.nonsense()",
    "lab.reset();",
    "lab.step()",
)


@pytest.mark.parametrize("shift", range(0, len(CELLS), 3))
def test_cells_in_any_order_leave_a_lab_that_works(session: Session, shift: int) -> None:
    for source in [*CELLS[shift:], *CELLS[:shift], *reversed(CELLS)]:
        session.run(source)

    session.run("lab.reset();")
    cell = session.run("%kubectl create deployment web --image=nginx --replicas=2")

    assert len(cell.pictures) == 1
    assert session["lab"].last.scene.text == "2 of 2 Nodes Ready; 2 Pods: 2 Ready"


@pytest.mark.parametrize(
    ("act", "names"),
    [
        ("lab.fail('node-9')", "control-plane, node-1"),
        ("lab.recover('node-9')", "control-plane, node-1"),
        ("lab.request('http://web', source='node-9')", "control-plane, node-1"),
        ("lab.cluster.slow('node-9', '1s')", "control-plane, node-1"),
        ("lab.cluster.stop_daemon('node-1', 'kubelt')", "kubelet"),
        ("lab.cluster.crash('web-0')", "web-0"),
    ],
)
def test_a_lever_on_something_that_is_not_there_names_what_is(session: Session, act: str, names: str) -> None:
    cell = session.run(act)

    assert names in cell.mistakes[0] and "Traceback" not in cell.text
