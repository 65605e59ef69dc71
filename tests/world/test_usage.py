"""What containers take, what it is worth, and who is ended when there is not enough."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import Behaviour, Container, HttpRequest, Limits, Volume, Zeros, usage_of
from k8slab.world.resources import Gauge, cpu_shares

MIB = 1024**2


class Leaky(Behaviour):
    """Loses one MiB of memory every second."""

    memory_bytes = 10 * MIB

    def start(self) -> None:
        self.use(leak_bytes_per_s=MIB)


class Burner(Behaviour):
    """Wants two CPUs."""

    cpu_m = 2000.0


def test_an_alarm_rings_at_the_moment_the_level_is_passed() -> None:
    loop, rung = Loop(), list[float]()
    gauge = Gauge(loop)
    gauge.add(100, rate=10)

    gauge.alarm(250, lambda: rung.append(loop.now - loop.start_s))
    loop.run_until(loop.start_s + 60)

    assert rung == [15.0] and gauge.value == 700


@pytest.mark.parametrize(
    ("changes", "rings_at"),
    [
        ([(0, 10)], 10.0),
        ([(0, 10), (5, 10)], 7.5),  # twice as fast from the fifth second on
        ([(0, 10), (5, -10)], None),
        ([(0, 10), (5, -10), (20, 50)], 21.0),
    ],
)
def test_a_change_of_the_rate_moves_the_moment(changes: list[tuple[float, int]], rings_at: float | None) -> None:
    loop, rung = Loop(), list[float]()
    gauge = Gauge(loop)
    gauge.alarm(100, lambda: rung.append(loop.now - loop.start_s))

    for at, rate in changes:
        loop.call_at(loop.start_s + at, gauge.add, 0, rate)
    loop.run_until(loop.start_s + 100)

    assert rung == ([rings_at] if rings_at is not None else [])


def test_what_is_added_to_a_part_is_added_to_the_whole() -> None:
    whole = Gauge(Loop())
    part, other = Gauge(whole._loop, whole), Gauge(whole._loop, whole)
    part.add(5, rate=1)
    other.add(7)

    part.clear()

    assert (part.value, other.value, whole.value, whole.rate) == (0, 7, 7, 0)


def test_a_process_that_leaks_is_ended_at_its_limit(machines: Any) -> None:
    """Source: kubernetes.io, "Resource Management for Pods and Containers"; the reason is containerd's."""
    container = machines.run(Leaky, limits=Limits(memory_limit_bytes=40 * MIB))

    machines.loop.run_until(container.started_at + 100)

    assert (container.exit_code, container.reason) == (137, "OOMKilled")
    assert container.finished_at - container.started_at == pytest.approx(30)
    assert container.memory_bytes == 0


def test_a_process_without_a_limit_leaks_on(machines: Any) -> None:
    container = machines.run(Leaky)

    machines.loop.run_until(container.started_at + 100)

    assert container.is_running and container.memory_bytes == pytest.approx(110 * MIB, abs=4096)


def test_a_leak_costs_no_callbacks(machines: Any) -> None:
    machines.run(Leaky, limits=Limits(memory_limit_bytes=100 * MIB))
    before = machines.loop._order

    machines.loop.run_until(machines.loop.now + 60)

    assert machines.loop._order == before


def test_memory_that_is_named_again_leaks_no_more(machines: Any) -> None:
    container = machines.run(Leaky)
    assert container.behaviour is not None

    container.behaviour.use(memory_bytes=20 * MIB)
    machines.loop.run_until(machines.loop.now + 100)

    assert container.memory_bytes == 20 * MIB


@pytest.mark.parametrize(
    ("first", "second", "ended"),
    [
        ((1000, 100), (1000, 200), [1]),  # the one that takes more
        ((-997, 400), (1000, 1), [1]),  # a guaranteed pod outlives a best-effort one
        ((900, 100), (990, 50), [1]),  # more than what it asked for
        ((1000, 300), (999, 100), [0]),
    ],
)
def test_a_machine_without_memory_ends_who_can_be_done_without(
    machines: Any, first: tuple[int, int], second: tuple[int, int], ended: list[int]
) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Node out of memory behavior"; the kernel's oom_badness."""
    both: list[Container] = []
    for number, (adj, mebibytes) in enumerate((first, second)):
        both.append(machines.run(Behaviour, uid=f"u{number}", limits=Limits(oom_score_adj=adj)))
        both[-1].behaviour.use(memory_bytes=mebibytes * MIB)  # type: ignore[union-attr]
    there = machines.a.memory_bytes - machines.a.memory.value

    machines.a.occupy(memory_bytes=int(there) + MIB)
    machines.loop.run_until(machines.loop.now + 1)

    assert [number for number, one in enumerate(both) if not one.is_running] == ended
    assert both[ended[0]].reason == "OOMKilled"


def test_a_container_gets_no_more_cpu_than_its_limit(machines: Any) -> None:
    """Source: kubernetes.io, "Assign CPU Resources to Containers and Pods"."""
    container = machines.run(Burner, limits=Limits(cpu_limit_m=500))
    assert container.meter is not None

    machines.loop.run_until(container.started_at + 100)

    assert (container.meter.cpu_m, container.meter.slowness) == (500, 4)
    assert container.meter.throttled_s == pytest.approx(75)


@pytest.mark.parametrize(("limit_m", "threads", "took_s"), [(0, 1, 10), (500, 1, 20), (1000, 2, 10), (0, 4, 2.5)])
def test_work_takes_longer_under_a_limit(machines: Any, limit_m: int, threads: float, took_s: float) -> None:
    """Source: cgroup v2, cpu.max."""
    done: list[float] = []

    class Worker(Behaviour):
        cpu_m = 0.0

        def start(self) -> None:
            self.work(10, lambda: done.append(self.now), threads=threads)

    container = machines.run(Worker, limits=Limits(cpu_limit_m=limit_m))
    machines.loop.run_until(container.started_at + 60)

    assert [when - container.started_at for when in done] == [pytest.approx(took_s)]
    assert container.meter is not None and container.meter.wanted_cpu_m == 0


def test_requests_cost_cpu_for_a_while(machines: Any) -> None:
    class Shop(Behaviour):
        cpu_m, cpu_s_per_request = 0.0, 0.03

    container = machines.run(Shop)
    assert container.meter is not None
    machines.loop.run_until(container.started_at // 15 * 15 + 30)
    for _ in range(100):
        container.ask(HttpRequest())

    taken = []
    for _ in range(4):
        taken.append(container.meter.cpu_m)
        machines.loop.run_until(machines.loop.now + 15)

    assert taken == [0, pytest.approx(200), 0, 0]


@pytest.mark.parametrize(
    ("env", "limit_m", "took_s"),
    [
        ({}, 0, 0.001),
        ({"K8SLAB_CPU_PER_REQUEST": "30ms"}, 0, 0.03),
        ({"K8SLAB_CPU_PER_REQUEST": "30ms", "K8SLAB_LATENCY": "100ms"}, 0, 0.1),
        ({"K8SLAB_CPU_PER_REQUEST": "30ms", "K8SLAB_LATENCY": "10ms"}, 0, 0.03),
        ({"K8SLAB_CPU_PER_REQUEST": "30ms"}, 500, 0.12),
    ],
)
def test_an_answer_takes_no_less_time_than_its_work(
    machines: Any, env: dict[str, str], limit_m: int, took_s: float
) -> None:
    class Busy(Behaviour):
        cpu_m = 2000.0

    container = machines.run(Busy, env=env, limits=Limits(cpu_limit_m=limit_m))

    assert container.ask(HttpRequest()).latency_s == pytest.approx(took_s)


@pytest.mark.parametrize(
    ("wanted", "weights", "got"),
    [
        ([100, 200], [1, 1], [100, 200]),
        ([4000, 4000], [100, 300], [1000, 3000]),
        ([4000, 500], [100, 300], [3500, 500]),
        ([4000, 4000, 100], [1, 1, 1], [1950, 1950, 100]),
        ([], [], []),
    ],
)
def test_a_cpu_that_is_too_small_is_shared_as_was_asked(
    wanted: list[float], weights: list[float], got: list[float]
) -> None:
    """Source: cgroup v2, cpu.weight; kubernetes.io, "How Pods with resource limits are run"."""
    assert cpu_shares(wanted, weights, 4000) == pytest.approx(got)


@pytest.mark.parametrize(
    ("take", "problem"),
    [
        (lambda b: b.use(cpu_m=-1), "a process cannot take -1"),
        (lambda b: b.use(memory_bytes=float("nan")), "a process cannot take nan"),
        (lambda b: b.use(leak_bytes_per_s=-1), "a process cannot take -1"),
        (lambda b: b.use(disk_bytes=-5), "a process cannot take -5"),
        (lambda b: b.work(-1, print), "there is no work of -1 seconds in 1.0 threads"),
        (lambda b: b.work(1, print, threads=0), "there is no work of 1 seconds in 0 threads"),
    ],
)
def test_who_takes_what_there_is_not_crashes(machines: Any, take: Any, problem: str) -> None:
    class Wrong(Behaviour):
        def start(self) -> None:
            take(self)

    container = machines.run(Wrong)

    assert (container.exit_code, container.message) == (1, f"ValueError: {problem}")
    assert container.memory_bytes == 0


def test_the_use_of_a_machine_is_told_by_container(machines: Any) -> None:
    machines.run(Burner, uid="u1", limits=Limits(cpu_request_m=500))
    machines.run(Leaky, uid="u2")

    cpu_m, memory_bytes, rows = usage_of(machines.a)

    assert [(row.namespace, row.pod, row.container) for row in rows] == [
        ("default", "pod-u1", "main"),
        ("default", "pod-u2", "main"),
    ]
    assert rows[0].cpu_m == 2000 and 2000 < cpu_m < 2100
    assert memory_bytes == int(machines.a.memory.value) // 4096 * 4096 > sum(row.memory_bytes for row in rows)


def test_an_idle_process_takes_a_little_more_or_less_and_the_same_when_asked_again(machines: Any) -> None:
    container = machines.run("nginx")
    assert container.meter is not None
    once = container.meter.cpu_m

    seen = {once}
    for _ in range(20):
        machines.loop.run_until(machines.loop.now + 15)
        assert container.meter.cpu_m == container.meter.cpu_m
        seen.add(container.meter.cpu_m)

    assert len(seen) > 5 and all(0.8 <= one <= 1.2 for one in seen)


def test_a_power_cut_frees_the_memory_and_not_the_disk(machines: Any) -> None:
    before = machines.b.memory.value
    machines.run(Leaky, machines.b)
    machines.b.occupy(memory_bytes=MIB, disk_bytes=5 * MIB)
    disk = machines.b.disk.value

    machines.b.power_off()

    assert machines.b.memory.value == before and machines.b.disk.value == disk


def test_files_of_a_volume_take_room_until_they_are_removed() -> None:
    disk = Gauge(Loop())
    volume = Volume(disk._loop, disk)
    volume["a"] = "12345"
    volume["b"] = Zeros(10**9)
    volume["a"] = "한"

    sizes = [volume.used.value]
    del volume["b"]
    sizes.append(disk.value)

    assert sizes == [10**9 + 3, 3] and volume["a"] == "한"


@pytest.mark.parametrize(
    ("image", "args", "limits", "outcome"),
    [
        # the three pods of "Assign Memory Resources to Containers and Pods"
        ("polinux/stress", "stress --vm 1 --vm-bytes 150M --vm-hang 1", {"memory_limit_bytes": 200 * MIB}, "running"),
        ("polinux/stress", "stress --vm 1 --vm-bytes 250M --vm-hang 1", {"memory_limit_bytes": 100 * MIB}, "OOMKilled"),
        ("vish/stress", "-cpus 2", {"cpu_limit_m": 1000}, "running"),
        ("polinux/stress", "stress --cpu 1 --timeout 5s", {}, "Completed"),
        ("polinux/stress", "stress", {}, "Completed"),
    ],
)
def test_stress_takes_what_its_arguments_say(machines: Any, image: str, args: str, limits: Any, outcome: str) -> None:
    """Source: kubernetes.io, "Assign Memory Resources …" and "Assign CPU Resources to Containers and Pods"."""
    container = machines.run(image, command=tuple(args.split()), limits=Limits(**limits))
    machines.loop.run_until(machines.loop.now + 10)

    assert outcome == (container.reason or "running")
    if "-cpus" in args:
        assert container.meter is not None and container.meter.wanted_cpu_m == 2000
