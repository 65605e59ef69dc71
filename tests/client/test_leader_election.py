"""One leader at a time, by the candidates' own clocks."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench

from k8slab.client import Client, InProcess, LeaderElector
from k8slab.clock import Scope
from k8slab.wire import Request, Response, ServiceUnavailable

Obj = dict[str, Any]
NAME = "kube-scheduler"


class Candidate:
    """A process with its own clock, way to the server and work; `log` tells when it began and ceased to lead."""

    def __init__(self, bench: Bench, host: str, skew_s: float = 0.0) -> None:
        self.bench, self.start_s, self.log = bench, bench.loop.now, list[tuple[str, float]]()
        self.is_cut_off, self.verbs = False, list[str]()
        self.scope = Skewed(bench, skew_s)
        client = Client(InProcess(self._send, lambda: bench.loop.now, host))
        self.elector = LeaderElector(
            client, self.scope, NAME, host, lead=lambda: self._note("leads"), lost=lambda: self._note("lost")
        )

    @property
    def acts(self) -> list[str]:
        """What has become of it."""
        return [act for act, _ in self.log]

    def _note(self, act: str) -> None:
        self.log.append((act, self.bench.loop.now - self.start_s))

    def _send(self, request: Request) -> Response:
        if self.is_cut_off:
            raise ServiceUnavailable("no route to host")
        self.verbs.append(request.verb)
        return self.bench.api.handle(request)


class Skewed(Scope):
    """A process on a machine whose clock goes wrong by so many seconds."""

    def __init__(self, bench: Bench, skew_s: float) -> None:
        super().__init__(bench.loop)
        self.skew_s = skew_s

    @property
    def now(self) -> float:
        return super().now + self.skew_s

    def call_at(self, when: float, *args: Any, **options: Any) -> Any:
        return super().call_at(when - self.skew_s, *args, **options)


def lease(bench: Bench) -> Obj:
    """The Lease, without what the server adds."""
    spec: Obj = bench.client.get("Lease", NAME, "kube-system")["spec"]
    return spec


def run(bench: Bench, seconds: float) -> None:
    """Let time pass."""
    bench.loop.run_until(bench.loop.now + seconds)


def test_the_first_candidate_leads_at_once_and_the_lease_says_so(bench: Bench) -> None:
    """Source: client-go leaderelection.go, tryAcquireOrRenew; leaselock.go, LeaderElectionRecordToLeaseSpec."""
    first = Candidate(bench, "one")

    run(bench, 0)

    spec = lease(bench)
    assert first.log == [("leads", 0)]
    assert spec.pop("acquireTime") == spec.pop("renewTime") == "2026-01-01T00:00:00.000000Z"
    assert spec == {"holderIdentity": first.elector.identity, "leaseDurationSeconds": 15, "leaseTransitions": 0}


def test_an_identity_is_the_host_and_something_unique(bench: Bench) -> None:
    """Source: cmd/kube-scheduler/app/options/options.go, makeLeaderElectionConfig."""
    one, two = (Candidate(bench, "one").elector.identity for _ in range(2))

    assert one.startswith("one_") and two.startswith("one_") and one != two


def test_who_becomes_leader_says_so_in_an_event_about_the_lease(bench: Bench) -> None:
    """Source: leaselock.go, RecordEvent."""
    first = Candidate(bench, "one")

    run(bench, 0)

    (event,) = bench.client.list("Event")
    assert event["involvedObject"]["kind"] == "Lease" and event["metadata"]["namespace"] == "kube-system"
    assert bench.events() == [f"LeaderElection: {first.elector.identity} became leader"]


def test_a_leader_renews_every_two_seconds_and_keeps_the_time_it_began(bench: Bench) -> None:
    Candidate(bench, "one")

    run(bench, 61)

    spec = lease(bench)
    assert spec["renewTime"] == "2026-01-01T00:01:00.000000Z"
    assert (spec["acquireTime"], spec["leaseTransitions"]) == ("2026-01-01T00:00:00.000000Z", 0)


def test_a_renewal_is_one_request(bench: Bench) -> None:
    """Source: leaderelection.go, tryAcquireOrRenew (the fast path)."""
    first = Candidate(bench, "one")
    run(bench, 1)
    first.verbs.clear()

    run(bench, 10)

    assert first.verbs == ["update"] * 5


def test_while_a_leader_renews_nobody_else_leads(bench: Bench) -> None:
    first, second = Candidate(bench, "one"), Candidate(bench, "two")

    run(bench, 3600)

    assert (first.acts, second.acts) == (["leads"], [])
    assert second.elector.leader == first.elector.identity


@pytest.mark.parametrize("skew_s", [0, 86_400, -86_400])
def test_after_a_leader_died_another_leads_within_the_lease_and_a_retry(bench: Bench, skew_s: float) -> None:
    """However wrong its clock is. Source: leaderelection.go, isLeaseValid by the time of the observation."""
    first, second = Candidate(bench, "one"), Candidate(bench, "two", skew_s)
    run(bench, 60)

    first.scope.cancel()
    run(bench, 15 + 2 * (1 + 1.2))

    ((act, when),) = second.log
    assert act == "leads" and when > 60 + 15 - 2 - 1e-6
    assert lease(bench)["leaseTransitions"] == 1


def test_a_leader_that_is_cut_off_gives_up_before_another_leads(bench: Bench) -> None:
    """Source: leaderelection.go, renew (RenewDeadline)."""
    first, second = Candidate(bench, "one"), Candidate(bench, "two")
    run(bench, 60)

    first.is_cut_off = True
    run(bench, 60)

    lost_at, led_at = first.log[1][1], second.log[0][1]
    assert first.acts == ["leads", "lost"]
    assert 60 + 10 <= lost_at <= 60 + 12 < led_at


def test_a_short_cut_is_no_loss(bench: Bench) -> None:
    first, second = Candidate(bench, "one"), Candidate(bench, "two")
    run(bench, 60)

    for is_cut_off in (True, False) * 3:
        first.is_cut_off = is_cut_off
        run(bench, 9)

    assert (first.acts, second.acts) == (["leads"], [])


def test_who_has_lost_the_lease_to_another_gives_it_up(bench: Bench) -> None:
    first = Candidate(bench, "one")
    run(bench, 1)

    held = bench.client.get("Lease", NAME, "kube-system")
    bench.client.update({**held, "spec": {**held["spec"], "holderIdentity": "a person"}})
    run(bench, 14)

    assert first.acts == ["leads", "lost"]
    assert bench.events()[-1] == f"LeaderElection: {first.elector.identity} stopped leading"


@pytest.mark.parametrize("spec", [{}, {"holderIdentity": "", "leaseDurationSeconds": 1}, {"holderIdentity": "gone"}])
def test_a_lease_that_nobody_holds_is_taken_at_once(bench: Bench, spec: Obj) -> None:
    """As after a release, or for how long it is held is not said. Source: tryAcquireOrRenew."""
    metadata = {"name": NAME, "namespace": "kube-system"}
    bench.given({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec})

    first = Candidate(bench, "one")
    run(bench, 0)

    assert first.acts == ["leads"] and lease(bench)["leaseTransitions"] == 1


def test_a_lease_that_was_deleted_is_made_anew_by_its_leader(bench: Bench) -> None:
    first = Candidate(bench, "one")
    run(bench, 1)

    bench.client.delete("Lease", NAME, "kube-system")
    run(bench, 60)

    assert first.acts == ["leads"] and lease(bench)["holderIdentity"] == first.elector.identity


def test_a_candidate_without_a_server_tries_until_there_is_one(bench: Bench) -> None:
    first = Candidate(bench, "one")
    first.is_cut_off = True
    run(bench, 60)

    first.is_cut_off = False
    run(bench, 2 * (1 + 1.2))

    assert first.acts == ["leads"]
