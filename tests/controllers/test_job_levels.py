"""Each end of a Pod is counted once, whatever becomes of the controller and of its words to the server."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_bench import indexed, job
from running import Running

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.controllers import JobController
from k8slab.objects import Key, controller_of, is_active, is_leaving, rfc3339
from k8slab.wire import Request, Response, ServiceUnavailable

Obj = dict[str, Any]

FAULTS = st.sampled_from(["restart", "cut", "kill", "force", "deaf", "mute", "wait"])
STEPS = st.lists(st.tuples(FAULTS, st.integers(0, 3), st.sampled_from([0.0, 0.0015, 0.7, 5.0, 30.0])), max_size=12)


class Workers(Controller):
    """Ends every Pod some seconds after it is made: every third one badly."""

    name = "workers"
    watches = {"Pod": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.born: dict[str, float] = {}  # when a Pod was first seen, by uid
        self.ends: dict[str, str] = {}  # and how it ended

    def reconcile(self, key: Key) -> After | None:
        """End a Pod, or let it go when it is asked to."""
        pod = self.informer("Pod").get(key)
        if pod is None or pod["metadata"]["uid"] in self.ends:
            return None
        if is_leaving(pod):
            self.client.delete("Pod", key.name, key.namespace, grace_s=0)
        elif self.loop.now < self.born.setdefault(pod["metadata"]["uid"], self.loop.now) + 3:
            return After(3.0)
        else:
            phase = "Failed" if len(self.ends) % 3 == 0 else "Succeeded"
            self.ends[pod["metadata"]["uid"]] = phase
            end = {"terminated": {"exitCode": int(phase == "Failed"), "finishedAt": rfc3339(self.loop.now)}}
            self.client.patch_status(pod, {"phase": phase, "containerStatuses": [{"name": "main", "state": end}]})
        return None


class Office(Running):
    """A Job and those who do its work, on a line that can fail."""

    def __init__(self, new: Obj) -> None:
        self.deaf = self.mute = 0
        self.seen: dict[str, Obj] = {}
        self.most_active = 0
        super().__init__(JobController, Workers)
        self.given(new)

    def _noted(self, request: Request) -> Response:
        """Let some writes of Jobs and Pods get lost, and some answers to them."""
        is_write = request.verb in ("create", "patch", "delete") and request.resource in ("pods", "jobs")
        is_of_job = is_write and "workers" not in request.user
        if is_of_job and self.deaf:
            self.deaf -= 1
            raise ServiceUnavailable("nobody there")
        response = super()._noted(request)
        if is_of_job and self.mute:
            self.mute -= 1
            raise ServiceUnavailable("cut off")
        return response

    def fault(self, what: str, number: int) -> None:
        """Disturb the controller, the line or the Pods."""
        pods = self.client.list("Pod")
        if what == "restart":
            self.start(JobController)
        elif what == "cut":
            for informer in self.informers_of[JobController]._shared.values():
                if informer.reflector.stream is not None:
                    informer.reflector.stream.close()
        elif what in ("kill", "force") and pods:
            name = pods[number % len(pods)]["metadata"]["name"]
            self.client.delete("Pod", name, "default", grace_s=0 if what == "force" else None)
        elif what in ("deaf", "mute"):
            setattr(self, what, number)

    def watch(self) -> None:
        """Remember every Pod there ever was, and how many were at work at once."""
        pods = [pod for pod in self.client.list("Pod") if controller_of(pod)]
        self.seen |= {pod["metadata"]["uid"]: pod for pod in pods}
        self.most_active = max(self.most_active, sum(map(is_active, pods)))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), STEPS)
def test_every_end_is_counted_once(is_indexed: bool, steps: list[tuple[str, int, float]]) -> None:
    """Source: KEP-2307, "Job tracking without lingering Pods"; kubernetes.io, "Jobs", Job tracking with finalizers."""
    spec = {"parallelism": 3, "backoffLimit": 99}
    office = Office(indexed(6, **spec) if is_indexed else job(completions=6, **spec))
    for what, number, pause_s in steps:
        office.fault(what, number)
        office.run(pause_s, office.watch)
    office.run(7200, office.watch)

    workers = office.running[Workers]
    assert isinstance(workers, Workers)
    status = office.client.get("Job", "pi", "default")["status"]
    succeeded = sum(workers.ends.get(uid) == "Succeeded" for uid in office.seen)
    assert (status["conditions"][-1]["type"], status["succeeded"], succeeded) == ("Complete", 6, 6)
    assert status.get("failed", 0) == len(office.seen) - succeeded
    assert (status["uncountedTerminatedPods"], office.most_active <= 3) == ({}, True)
    assert [pod for pod in office.client.list("Pod") if pod["metadata"].get("finalizers")] == []
