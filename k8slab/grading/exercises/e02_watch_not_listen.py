"""Exercise 02: keep a mirror of the Pods of a namespace by list and watch.

The answer is a class `Mirror(reader, namespace)` with a method `step()`, which is called again and again, and a
dict `pods` from the name of each Pod to its phase. The judge lets a cluster live beside it and compares.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.grading.spy import Spy
from k8slab.grading.verdict import Behaviour
from k8slab.kubeadm import Cluster

__all__ = ["judge"]

NAMESPACE = "shop"
STEPS = 60


class Bad(Exception):
    """The answer did not do what it should; the text says what was seen."""


class Check(NamedTuple):
    """One behaviour: what it is called, what it is worth, what is expected, and the test."""

    name: str
    points: float
    expected: str
    test: Callable[[Scene], str]


class Scene:
    """A cluster, a spy and the learner's mirror in it."""

    def __init__(self, source: str, seed: int) -> None:
        self.cluster = Cluster(agents=(), seed=seed)
        self.chance = random.Random(seed)  # noqa: TID251 - which pods come and go is the judge's own dice
        self.client = self.cluster.client
        self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.spy = Spy(self.client)
        self._names = iter(f"pod-{i}" for i in range(10_000))
        scope: dict[str, Any] = {"__name__": "answer"}
        exec(compile(source, "answer.py", "exec"), scope)
        if "Mirror" not in scope:
            raise Bad("no class called Mirror in the answer")
        self._make = scope["Mirror"]
        self.mirror: Any = None

    def start(self) -> None:
        """Let the learner's mirror begin."""
        self.mirror = self._make(self.spy, NAMESPACE)
        self.mirror.step()

    def create(self, count: int = 1) -> None:
        """New Pods."""
        for _ in range(count):
            self.client.create(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": next(self._names), "namespace": NAMESPACE},
                    "spec": {"containers": [{"name": "main", "image": "nginx"}]},
                }
            )

    def change(self) -> None:
        """One Pod gets another phase."""
        pod = self.chance.choice(self.client.list("Pod", NAMESPACE))
        phase = self.chance.choice([p for p in ("Pending", "Running", "Succeeded") if p != pod["status"]["phase"]])
        self.client.patch_status(pod, {"phase": phase})

    def delete(self) -> None:
        """One Pod goes."""
        pod = self.chance.choice(self.client.list("Pod", NAMESPACE))
        self.client.delete("Pod", pod["metadata"]["name"], NAMESPACE, grace_s=0)

    def upheaval(self) -> None:
        """An old Pod goes, a new one comes, and one changes."""
        self.delete()
        self.create()
        self.change()

    def truth(self) -> dict[str, str]:
        """What a perfect mirror shows."""
        return {pod["metadata"]["name"]: pod["status"]["phase"] for pod in self.client.list("Pod", NAMESPACE)}

    def must_watch(self) -> None:
        """Raises Bad when the mirror has never opened a watch: what it shows, it has asked for again and again."""
        if not self.spy.calls["watch"]:
            raise Bad("no watch was ever opened")

    def compare(self, when: str) -> None:
        """Raises Bad when the mirror shows something else than is there."""
        shown, truth = dict(self.mirror.pods), self.truth()
        missing, extra = sorted(truth.keys() - shown.keys()), sorted(shown.keys() - truth.keys())
        wrong = sorted(name for name in truth.keys() & shown.keys() if truth[name] != shown[name])
        for names, what in ((missing, "is missing"), (extra, "is gone, yet still shown"), (wrong, "has another phase")):
            if names:
                raise Bad(f"{when}, {names[0]} {what}" + (f" (and {len(names) - 1} more)" if names[1:] else ""))


def _first_look(scene: Scene) -> str:
    scene.create(5)
    scene.start()
    scene.compare("after the first step")
    return "5 of 5 Pods from the first step on"


def _follows(scene: Scene) -> str:
    scene.create(3)
    scene.start()
    for change, word in ((scene.create, "created"), (scene.change, "changed"), (scene.delete, "deleted")):
        change()
        scene.mirror.step()
        scene.compare(f"after a Pod was {word}")
    return "a created, a changed and a deleted Pod, each within one step"


def _does_not_poll(scene: Scene) -> str:
    scene.create(5)
    scene.start()
    before = scene.spy.calls.total()
    for number in range(STEPS):
        if number % 3 == 0:
            scene.change()
        scene.mirror.step()
    asked = scene.spy.calls.total() - before
    scene.compare(f"after {STEPS} steps")
    if asked > 2:
        raise Bad(f"{asked} requests in {STEPS} steps although the watch was open")
    return f"{asked} requests in {STEPS} steps"


def _no_gap(scene: Scene) -> str:
    scene.create(4)
    scene.spy.before_watch = scene.upheaval
    scene.start()
    for _ in range(3):
        scene.mirror.step()
    scene.compare("after changes between the list and the watch")
    scene.must_watch()
    return "nothing lost between the list and the watch"


def _resumes(scene: Scene) -> str:
    scene.create(4)
    scene.start()
    scene.change()
    scene.mirror.step()
    scene.spy.break_streams()
    scene.create()
    scene.delete()
    lists = scene.spy.calls["list"]
    for _ in range(4):
        scene.mirror.step()
    scene.compare("after the watch was cut and opened again")
    if scene.spy.calls["list"] > lists:
        raise Bad("a new list after the watch was cut, although the server still remembered")
    scene.must_watch()
    return "the watch goes on where it was cut, without a new list"


def _relists(scene: Scene) -> str:
    scene.create(6)
    scene.start()
    scene.mirror.step()
    scene.spy.break_streams()
    scene.delete()
    scene.delete()
    scene.create()
    scene.cluster.api.compact(scene.cluster.etcd.revision)
    for _ in range(6):
        scene.mirror.step()
    scene.compare("after 410 Gone")
    scene.change()
    for _ in range(2):
        scene.mirror.step()
    scene.compare("after a change that followed 410 Gone")
    scene.must_watch()
    return "a new list after 410 Gone, the deleted Pods forgotten, and the watch goes on"


CHECKS = (
    Check("first look", 1, "every Pod that is there already", _first_look),
    Check("follows", 2, "created, changed and deleted Pods within a step", _follows),
    Check("does not poll", 2, f"at most 2 requests in {STEPS} steps", _does_not_poll),
    Check("leaves no gap", 2, "the watch to begin at the list's resourceVersion", _no_gap),
    Check("resumes", 1, "a cut watch to go on from the last resourceVersion", _resumes),
    Check("survives 410", 2, "a new list when the server no longer remembers", _relists),
)


def judge(source: str, seed: int) -> list[Behaviour]:
    """Every behaviour on a cluster of its own."""
    return [_judged(check, source, seed + number) for number, check in enumerate(CHECKS)]


def _judged(check: Check, source: str, seed: int) -> Behaviour:
    try:
        seen = check.test(Scene(source, seed))
    except Bad as bad:
        return Behaviour(check.name, check.points, 0.0, check.expected, str(bad))
    except Exception as error:  # the learner's code may raise anything
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return Behaviour(check.name, check.points, 0.0, check.expected, f"the answer raised {text}")
    return Behaviour(check.name, check.points, check.points, check.expected, seen)
