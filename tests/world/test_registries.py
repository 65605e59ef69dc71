"""Registries at places: pulls over links, mirrors, and registries that hold what was pushed."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import ContainerConfig, Image, ImageError, Pulled
from k8slab.world.images import Layer

MB = 1_000_000


@pytest.fixture
def far(machines: Any) -> Any:
    """Both machines stand in seoul; docker.io is 100 ms and 10 MB a second away, the shop's registry in seoul."""
    world = machines.world
    world.sites.add("seoul", "cloud", ["zone-a", "zone-b"])
    world.sites.add("hub", "registry")
    machines.link = world.sites.links.join("hub", "seoul", 0.1, 10 * MB, price="internet")
    world.registries.put("docker.io", "hub")
    world.registries.put("registry.shop.example", "seoul")
    return machines


def pulled(machines: Any, image: str, vm: Any = None) -> Pulled:
    """Pull an image and wait for it."""
    done: list[Pulled] = []
    (vm or machines.a).runtime.pull_image(image, done.append)
    machines.loop.settle(quiet_s=1000)
    return done[0]


def carried(machines: Any) -> int:
    return next(one.size_bytes for one in machines.world.sites.links.carried() if one.source == "hub")


def test_a_pull_takes_as_long_as_its_link_lets_it(far: Any) -> None:
    """72.1 MB at 10 MB a second, three times 100 ms, and 0.4 to 0.8 s for the registry's answer."""
    done = pulled(far, "nginx:1.27")

    assert 7.91 <= done.took_s <= 8.32 and isinstance(done.image, Image)
    assert carried(far) == 72_099_501


def test_layers_that_are_here_do_not_travel_again(far: Any) -> None:
    pulled(far, "nginx:1.27")
    before = carried(far)

    done = pulled(far, "nginx:1.28")

    assert carried(far) - before < 22 * MB and done.took_s < 3.2


def test_two_nodes_share_the_link(far: Any) -> None:
    done: list[Pulled] = []
    for vm in (far.a, far.b):
        vm.runtime.pull_image("nginx:1.27", done.append)

    far.loop.settle()

    assert all(14.5 < one.took_s < 15.6 for one in done)


def test_a_mirror_fetches_once_for_all(far: Any) -> None:
    mirror = far.world.registries.mirror("docker.io", "seoul")
    first = pulled(far, "nginx:1.27")

    second = pulled(far, "nginx:1.27", far.b)

    assert first.took_s > 7 and second.took_s < 2.8
    assert carried(far) == mirror.size_bytes == 72_099_501


def test_a_mirror_gives_what_it_has_while_the_registry_is_away(far: Any) -> None:
    far.world.registries.mirror("docker.io", "seoul")
    pulled(far, "nginx:1.27")
    far.world.sites.links.fail(far.link)

    done = pulled(far, "nginx:1.27", far.b)

    assert isinstance(done.image, Image)


def test_a_registry_that_is_away_is_told_of_in_containerds_words(far: Any) -> None:
    """Source: github.com/myifeng/mirror-porter, issue 92 (a kubelet's event)."""
    far.world.sites.links.fail(far.link)

    done = pulled(far, "nginx:1.27")

    assert isinstance(done.image, ImageError) and done.took_s == 30
    assert done.image.message == (
        'rpc error: code = DeadlineExceeded desc = failed to pull and unpack image "docker.io/library/nginx:1.27": '
        'failed to resolve reference "docker.io/library/nginx:1.27": failed to do request: Head '
        '"https://registry-1.docker.io/v2/library/nginx/manifests/1.27": dial tcp: i/o timeout'
    )


def test_a_pull_that_makes_no_progress_is_cancelled(far: Any) -> None:
    """Source: github.com/kubernetes/kubernetes, issue 131521."""
    far.loop.call_later(3, far.world.sites.links.fail, far.link)

    done = pulled(far, "nginx:1.27")

    assert done.took_s == pytest.approx(303) and isinstance(done.image, ImageError)
    assert done.image.message.endswith(
        'failed to pull and unpack image "docker.io/library/nginx:1.27": context canceled'
    )
    assert not far.a.runtime.layers


def test_a_registry_of_ones_own_holds_what_was_pushed(far: Any) -> None:
    before = pulled(far, "registry.shop.example/web:1").image
    far.world.registries.push("registry.shop.example/web:1", [Layer("a", 5 * MB), Layer("b", MB)])

    after = pulled(far, "registry.shop.example/web:1").image

    assert isinstance(before, ImageError) and "not found" in before.message
    assert isinstance(after, Image) and after.size_bytes == 6 * MB


def test_a_tag_that_is_pushed_again_is_fetched_by_who_asks_again(far: Any) -> None:
    far.world.registries.push("registry.shop.example/web:1", [Layer("a", 5 * MB)])
    first = pulled(far, "registry.shop.example/web:1").image
    used = far.a.disk.value

    far.world.registries.push("registry.shop.example/web:1", [Layer("a", 5 * MB), Layer("c", MB)])
    second = pulled(far, "registry.shop.example/web:1").image

    assert isinstance(first, Image) and isinstance(second, Image) and first.digest != second.digest
    assert far.a.disk.value - used == MB


def test_a_container_runs_the_image_that_its_machine_has(far: Any) -> None:
    far.world.registries.push("registry.shop.example/web:1", [Layer("a", MB)])
    here = pulled(far, "registry.shop.example/web:1").image
    far.world.registries.push("registry.shop.example/web:1", [Layer("b", MB)])
    sandboxes: list[Any] = []
    far.a.runtime.run_pod_sandbox("u1", "default", "web", False, sandboxes.append)
    far.loop.settle()

    config = ContainerConfig("web", "registry.shop.example/web:1")
    container = far.a.runtime.create_container(sandboxes[0], config, here, 0)

    assert container.image == here


def test_a_power_cut_ends_the_pulls_of_its_machine(far: Any) -> None:
    done: list[Pulled] = []
    far.a.runtime.pull_image("nginx:1.27", done.append)
    far.loop.run_until(far.loop.now + 2)
    far.a.power_off()
    far.a.power_on()

    again = pulled(far, "nginx:1.27")

    assert done == [] and isinstance(again.image, Image)
