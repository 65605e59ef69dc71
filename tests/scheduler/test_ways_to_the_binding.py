"""Reserve, Permit and PreBind: in which order, who waits how long, and what is taken back when it comes to nothing."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from scheduler_bench import SchedulerBench, a_node, a_pod

from k8slab.scheduler import STANDARD_PLUGINS, Plugin, PodInfo, Verdict

Obj = dict[str, Any]


class Talking(Plugin):
    """Notes what it is asked, and answers as the test wants."""

    name = "Talking"
    notes: ClassVar[list[str]] = []
    answers: ClassVar[Obj] = {}

    def _answer(self, step: str, pod: PodInfo) -> Any:
        self.notes.append(step)
        answer = self.answers.get(step) if pod.pod["metadata"]["name"] == "web" else None
        if isinstance(answer, Exception):
            raise answer
        return answer.pop(0) if isinstance(answer, list) else answer

    def reserve(self, pod: PodInfo, prepared: Any, node: Any) -> Any:
        """The first."""
        return self._answer("reserve", pod)

    def unreserve(self, pod: PodInfo, prepared: Any, node: Any) -> None:
        """Take back."""
        self._answer("unreserve", pod)

    def permit(self, pod: PodInfo, prepared: Any, node: Any) -> Any:
        """The second."""
        return self._answer("permit", pod)

    def pre_bind(self, pod: PodInfo, prepared: Any, node: Any) -> Any:
        """The third."""
        return self._answer("pre_bind", pod)


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> SchedulerBench:
    """A scheduler with the plugin, and one node with room for one pod."""
    monkeypatch.setattr(Talking, "notes", [])
    monkeypatch.setattr(Talking, "answers", {})
    bench = SchedulerBench(plugins=[*STANDARD_PLUGINS, Talking])
    bench.given(a_node("a", cpu="1"))
    return bench


NO = Verdict(("no",))
LONG = "0/1 nodes are available: 1 rejected due to timeout after waiting"
ENDS = [
    # answers, what is asked, the pod's node after 5 s, what is said
    ("nothing to say", {}, ["reserve", "permit", "pre_bind"], "a", ""),
    ("reserve refuses", {"reserve": NO}, ["reserve", "unreserve"], "", "Unschedulable: 0/1 nodes are available: 1 no."),
    ("reserve fails", {"reserve": KeyError("x")}, ["reserve", "unreserve"], "",
     "SchedulerError: running Reserve plugin \"Talking\": KeyError: 'x'"),
    ("permit refuses", {"permit": NO}, ["reserve", "permit", "unreserve"], "",
     "Unschedulable: 0/1 nodes are available: 1 no."),
    ("permit fails", {"permit": KeyError("x")}, ["reserve", "permit", "unreserve"], "",
     "SchedulerError: running Permit plugin \"Talking\": KeyError: 'x'"),
    ("permit answers nonsense", {"permit": "later"}, ["reserve", "permit", "unreserve"], "",
     "SchedulerError: running Permit plugin \"Talking\": unknown answer 'later'"),
    ("permit has it wait too long", {"permit": 0.5}, ["reserve", "permit", "unreserve"], "",
     f"Unschedulable: {LONG} 0.5s at plugin Talking."),
    ("pre-bind needs time", {"pre_bind": [0.1, 0.1, None]}, ["reserve", "permit", *["pre_bind"] * 3], "a", ""),
    ("pre-bind refuses", {"pre_bind": NO}, ["reserve", "permit", "pre_bind", "unreserve"], "",
     'SchedulerError: running PreBind plugin "Talking": no'),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "asked", "node", "said"), [pytest.param(*rest, id=name) for name, *rest in ENDS])
def test_what_comes_of_an_answer(talk: SchedulerBench, answers: Obj, asked: list[str], node: str, said: str) -> None:
    """Source: pkg/scheduler/framework/runtime/framework.go, RunReservePlugins…, RunPermitPlugins, RunPreBindPlugins."""
    Talking.answers.update(answers)
    talk.given(a_pod("web", cpu="1"))
    talk.run(0.9)

    assert (Talking.notes, talk.node_of("web")) == (asked, node)
    assert node or talk.message_of("web") == said
    assert bool(talk.scheduler.table.nodes["a"].pods) is bool(node)


def test_a_refused_pod_leaves_the_room_to_others(talk: SchedulerBench) -> None:
    Talking.answers.update(permit=5.0)
    talk.given(a_pod("web", cpu="1"), a_pod("next", cpu="1"))
    talk.run(4)
    assert talk.node_of("next") == "" and talk.scheduler.waiting() == {
        talk.client.get("Pod", "web", "default")["metadata"]["uid"]: ("Talking",)
    }

    talk.run(2)

    assert talk.node_of("next") == "a"


@pytest.mark.parametrize("is_good", [True, False])
def test_a_waiting_pod_gets_its_word(talk: SchedulerBench, is_good: bool) -> None:
    """Source: pkg/scheduler/framework/runtime/waiting_pods_map.go; its node is nominated meanwhile."""
    Talking.answers.update(permit=60.0)
    talk.given(a_pod("web"))
    talk.run(1)
    (uid,) = talk.scheduler.waiting()
    assert talk.client.get("Pod", "web", "default")["status"]["nominatedNodeName"] == "a"

    if is_good:
        talk.scheduler.allow(uid, "Talking")
    else:
        talk.scheduler.reject(uid, "Talking", "not today")
    talk.run(0.1)

    assert talk.node_of("web") == ("a" if is_good else "")
    assert is_good or talk.message_of("web") == "Unschedulable: 0/1 nodes are available: 1 not today."
    assert talk.scheduler.waiting() == {}


def test_a_pod_that_goes_while_it_waits_gives_all_back(talk: SchedulerBench) -> None:
    Talking.answers.update(permit=60.0)
    talk.given(a_pod("web"))
    talk.run(1)

    talk.client.delete("Pod", "web", "default", grace_s=0)
    talk.run(100)

    assert Talking.notes == ["reserve", "permit", "unreserve"]
    assert not talk.scheduler.table.nodes["a"].pods and talk.scheduler.waiting() == {}


def test_a_waiting_pod_can_be_preempted(talk: SchedulerBench) -> None:
    """Source: preemption.go, PreemptPod: it is rejected, not deleted."""
    Talking.answers.update(permit=60.0)
    talk.given(a_pod("web", cpu="1"))
    talk.run(1)

    talk.given(a_pod("vip", cpu="1", priorityClassName="system-node-critical"))
    talk.run(2)

    assert talk.node_of("vip") == "a" and not talk.scheduler.waiting()
    assert "FailedScheduling: 0/1 nodes are available: 1 preempted." in talk.events()


def test_a_waiting_pod_counts_once(talk: SchedulerBench) -> None:
    """It is assumed on its node, and nominated for it too."""
    Talking.answers.update(permit=60.0)
    talk.given(a_pod("web", cpu="400m"))
    talk.run(1)

    talk.given(a_pod("next", cpu="400m"), a_pod("last", cpu="400m"))
    talk.run(1)

    assert (talk.node_of("next"), talk.node_of("last")) == ("a", "")
