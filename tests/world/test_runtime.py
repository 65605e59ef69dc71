"""The container runtime: time taken, what survives, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import Behaviour, ImageError, Pulled


def test_pulling_takes_the_time_of_the_images_size(machines: Any) -> None:
    done: list[Pulled] = []
    runtime = machines.a.runtime

    runtime.pull_image("nginx:1.27", done.append)
    machines.loop.settle()

    assert 1.44 + 0.4 <= done[0].took_s <= 1.45 + 0.8
    assert runtime.image_present("nginx:1.27").size_bytes == 72_099_501
    assert machines.b.runtime.image_present("nginx:1.27") is None


def test_pulls_wait_for_each_other_and_the_same_image_is_fetched_once(machines: Any) -> None:
    done: list[Pulled] = []
    for _ in range(2):
        machines.a.runtime.pull_image("nginx:1.27", done.append)

    machines.loop.settle()

    assert done[1].took_s < 0.9 < done[0].took_s
    assert done[1].with_waiting_s == pytest.approx(done[0].took_s + done[1].took_s)


def test_layers_that_are_here_are_not_fetched_again(machines: Any) -> None:
    """Source: github.com/opencontainers/image-spec: an image is a list of layers, each known by its digest."""
    done: list[Pulled] = []
    for image in ("nginx:1.27", "nginx:1.28"):
        machines.a.runtime.pull_image(image, done.append)

    machines.loop.settle()

    assert done[1].took_s < 21_200_000 / 50_000_000 + 0.8 < done[0].took_s
    assert machines.a.runtime.image_present("nginx:1.28").size_bytes == 72_099_501


def test_a_pull_cut_by_a_power_cut_is_never_heard_of_again(machines: Any) -> None:
    done: list[Pulled] = []
    machines.a.runtime.pull_image("nginx:1.27", done.append)

    machines.a.power_off()
    machines.a.power_on()
    machines.loop.settle()

    assert done == [] and machines.a.runtime.images == {}


def test_what_cannot_be_pulled_is_told_after_asking_the_registry(machines: Any) -> None:
    done: list[Pulled] = []

    machines.a.runtime.pull_image("nginx:1.161", done.append)
    machines.loop.settle()

    assert isinstance(done[0].image, ImageError) and done[0].took_s > 0


def test_a_pod_gets_a_new_address_when_its_machine_comes_back(machines: Any) -> None:
    web = machines.run("nginx")
    before = web.sandbox.ip
    done: list[Any] = []
    machines.a.power_off()
    machines.a.power_on()

    machines.a.runtime.run_pod_sandbox("u1", "default", "pod-u1", False, done.append)
    machines.loop.settle()

    assert done[0].attempt == 1 and done[0].ip != before
    assert done[0].containers["main"] is web


def test_a_sandbox_that_is_asked_for_twice_is_one(machines: Any) -> None:
    done: list[Any] = []

    for _ in range(2):
        machines.a.runtime.run_pod_sandbox("u1", "default", "pod", False, done.append)
    machines.loop.settle()

    assert done[0] is done[1] and (done[0].ip, done[0].attempt) == ("10.244.1.2", 0)


def test_sandboxes_run_out_of_addresses(machines: Any) -> None:
    machines.a.runtime.use_pod_cidr("10.9.0.0/30")
    done: list[Any] = []

    for number in range(2):
        machines.a.runtime.run_pod_sandbox(f"u{number}", "default", "pod", False, done.append)
    machines.loop.settle()

    assert [sandbox and sandbox.ip for sandbox in done] == ["10.9.0.2", None]


def test_a_stopped_process_has_its_grace_and_is_killed_after_it(machines: Any) -> None:
    class Stubborn(Behaviour):
        def on_sigterm(self) -> None:
            self.log("not yet")

    web, begun = machines.run(Stubborn), machines.loop.now

    machines.a.runtime.stop_container(web, 30)
    machines.loop.settle()

    assert (web.exit_code, web.reason, web.finished_at - begun) == (137, "Error", 30)
    assert machines.exits == [web]


@pytest.mark.parametrize("graces", [(30, 1), (1, 30)])
def test_the_shorter_of_two_graces_holds(machines: Any, graces: tuple[float, float]) -> None:
    class Stubborn(Behaviour):
        def on_sigterm(self) -> None:
            self.log("not yet")

    web, begun = machines.run(Stubborn), machines.loop.now

    for grace_s in graces:
        machines.a.runtime.stop_container(web, grace_s)
    machines.loop.settle()

    assert web.finished_at - begun == 1
    assert [line for _, line in web.log_lines()] == ["not yet"]
