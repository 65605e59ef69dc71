"""Image names, what exists, and what containers of the built-in images do."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import Behaviour, HttpRequest, Image, ImageError
from k8slab.world.images import Login, Registry


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("shop/web:2", "docker.io/shop/web:2"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
        ("nginx:1.27-alpine", "docker.io/library/nginx:1.27-alpine"),
    ],
)
def test_short_names_are_completed(text: str, full: str) -> None:
    """Source: github.com/distribution/reference, normalize.go, ParseNormalizedNamed."""
    image = Registry().resolve(text)

    assert isinstance(image, Image) and image.reference == full
    assert image.image_id.startswith(full.rpartition(":")[0] + "@sha256:")


@pytest.mark.parametrize(
    ("text", "reason", "part"),
    [
        ("nginx:1.161", "ErrImagePull", "code = NotFound desc = failed to pull and unpack image"),
        (
            "nginx:doesnotexist",
            "ErrImagePull",
            "docker.io/library/nginx:doesnotexist: not found",
        ),
        ("doesnotexist/app", "ErrImagePull", "pull access denied, repository does not exist"),
        ("Nginx", "InvalidImageName", "repository name (library/Nginx) must be lowercase"),
        ("nginx:", "InvalidImageName", "invalid reference format"),
        ("", "InvalidImageName", "invalid reference format"),
    ],
)
def test_what_does_not_exist_says_why(text: str, reason: str, part: str) -> None:
    """Source: the texts of containerd 2 and of kubelet v1.37."""
    error = Registry().resolve(text)

    assert isinstance(error, ImageError)
    assert error.reason == reason and part in error.message


def test_one_version_can_behave_differently_from_the_others() -> None:
    class New(Behaviour):
        pass

    registry = Registry()
    registry.register("nginx:2.0-test", New)

    images = [registry.resolve(name) for name in ("nginx:1.27", "nginx:2.0-test")]

    assert [image.behaviour.__name__ for image in images if isinstance(image, Image)] == ["Nginx", "New"]


def test_what_is_registered_later_counts_from_then_on() -> None:
    class New(Behaviour):
        pass

    registry = Registry()
    before = registry.resolve("shop/web:1")

    registry.register("shop/web", New)

    after = registry.resolve("shop/web:1")
    assert isinstance(before, Image) and isinstance(after, Image)
    assert (before.behaviour, after.behaviour) == (Behaviour, New)


@pytest.mark.parametrize(("name", "behaviour"), [("Bad Name", Behaviour), ("shop/web", object), ("shop/web", "x")])
def test_nonsense_cannot_be_registered(name: str, behaviour: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        Registry().register(name, behaviour)


@pytest.mark.parametrize(
    ("image", "config", "path", "status", "part"),
    [
        ("nginx", {}, "/", 200, "Welcome to nginx!"),
        ("nginx", {}, "/x", 404, "404 Not Found"),
        ("httpd", {}, "/", 200, "It works!"),
        ("registry.k8s.io/etcd:3.6.8-0", {}, "/health", 200, "ok"),
        ("company/whatever", {"ports": (8080,)}, "/", 200, "company/whatever on pod-u1"),
    ],
)
def test_images_answer_in_their_own_way(
    machines: Any, image: str, config: Any, path: str, status: int, part: str
) -> None:
    reply = machines.run(image, **config).ask(HttpRequest(path=path))

    assert reply.status == status and part in reply.body


@pytest.mark.parametrize(
    ("image", "config", "state", "code", "reason"),
    [
        ("busybox", {}, "EXITED", 0, "Completed"),
        ("busybox", {"command": ("false",)}, "EXITED", 1, "Error"),
        ("busybox", {"command": ("sh", "-c", "echo hi; exit 3")}, "EXITED", 3, "Error"),
        ("busybox", {"args": ("sleep", "3600")}, "RUNNING", 0, ""),
        ("busybox", {"command": ("ngnix",)}, "EXITED", 128, "StartError"),
        ("nginx", {"command": ("/bin/sh", "-c", "exit 1")}, "EXITED", 1, "Error"),
        ("postgres", {}, "EXITED", 1, "Error"),
        ("postgres", {"env": {"POSTGRES_PASSWORD": "x"}}, "RUNNING", 0, ""),
        ("registry.k8s.io/kube-apiserver:v1.37.0", {"command": ("kube-apiserver",)}, "RUNNING", 0, ""),
    ],
)
def test_commands_decide_how_a_container_ends(
    machines: Any, image: str, config: Any, state: str, code: int, reason: str
) -> None:
    container = machines.run(image, **config)

    assert (container.state, container.exit_code, container.reason) == (state, code, reason)


def test_a_sleep_ends_after_its_time(machines: Any) -> None:
    container = machines.run("busybox", command=("sleep", "20"))

    machines.loop.settle()

    assert container.exit_code == 0 and container.finished_at - container.started_at == 20


def test_a_shell_as_first_process_does_not_hear_sigterm(machines: Any) -> None:
    """Source: man 7 pid_namespaces: signals without a handler do not reach the init process."""
    container = machines.run("busybox", command=("sleep", "3600"))

    container.terminate(30)
    machines.loop.settle()

    assert container.exit_code == 137


def test_images_on_the_same_base_share_its_layer() -> None:
    registry = Registry()
    names = ("nginx:1.27", "nginx:1.28", "httpd", "nginx:1.27-alpine", "busybox")

    layers = [set(image.layers) for image in map(registry.resolve, names) if isinstance(image, Image)]

    shared = [len(layers[0] & other) for other in layers[1:]]
    assert shared == [2, 1, 0, 0]
    assert all(sum(layer.size_bytes for layer in found) == size for found, size in zip(layers, SIZES, strict=True))


SIZES = (72_099_501, 72_099_501, 58_720_256, 72_099_501, 2_097_152)


@pytest.mark.parametrize(
    ("logins", "is_given"),
    [((), False), ((Login("ann", "wrong"),), False), ((Login("ann", "right"),), True), ((Login("bob", "too"),), True)],
)
def test_a_private_registry_gives_only_to_who_logs_in(logins: tuple[Login, ...], is_given: bool) -> None:
    registry = Registry()
    registry.require_login("shop.example", "ann", "right")
    registry.require_login("shop.example", "bob", "too")

    found = registry.fetch("shop.example/web:1", logins)

    assert isinstance(found, Image) is is_given
    assert isinstance(registry.fetch("shop.example.org/web:1"), Image), "another registry"


@pytest.mark.parametrize("host", ["", "Not A Host", "https://shop.example", "shop.example/UPPER"])
def test_a_registry_has_the_name_of_a_host(host: str) -> None:
    with pytest.raises(ValueError, match="is no registry"):
        Registry().require_login(host, "ann", "right")
