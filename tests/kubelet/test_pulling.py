"""Images: whether they are pulled, with whose credentials, how often, and what is said of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from one_node import OneNode

HOST = "registry.shop.example"
PRIVATE = f"{HOST}/shop/web:1"
PRESENT = 'Container image "{}" already present on machine and can be accessed by the pod'


def secret(name: str, host: str = HOST, password: str = "right") -> dict[str, Any]:
    """A Secret as `kubectl create secret docker-registry` makes it."""
    auth = base64.b64encode(f"ann:{password}".encode()).decode()
    config = json.dumps({"auths": {host: {"username": "ann", "password": password, "auth": auth}}})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": base64.b64encode(config.encode()).decode()},
    }


def given_private(node: OneNode, name: str = "web", **spec: Any) -> None:
    """A registry that wants a login, and a pod with an image from there."""
    node.world.images.require_login(HOST, "ann", "right")
    node.given(name, PRIVATE, **spec)


def pulls(node: OneNode, pod: str) -> list[str]:
    """What is said of a pod's image."""
    return [text for text in node.said(pod) if not text.startswith(("Created", "Started", "Scheduled", "Killing"))]


def test_an_image_is_pulled_once_and_then_present(node: OneNode) -> None:
    """Source: pkg/kubelet/images/image_manager.go, the texts of v1.37."""
    node.given("one")
    node.given("two")

    first = pulls(node, "one")

    assert first[0] == 'Pulling: Pulling image "nginx:1.27"'
    assert first[1].startswith('Pulled: Successfully pulled image "nginx:1.27" in ')
    assert first[1].endswith(" including waiting). Image size: 72099501 bytes.")
    assert pulls(node, "two") == ["Pulled: " + PRESENT.format("nginx:1.27")]


@pytest.mark.parametrize(
    ("policy", "texts"),
    [
        ("Always", ['Pulling: Pulling image "nginx:1.27"', "Pulled: Successfully pulled image"]),
        ("IfNotPresent", ["Pulled: " + PRESENT.format("nginx:1.27")]),
        ("Never", ["Pulled: " + PRESENT.format("nginx:1.27")]),
    ],
)
def test_the_policy_decides_about_an_image_that_is_there(node: OneNode, policy: str, texts: list[str]) -> None:
    """Source: kubernetes.io, "Images", "Image pull policy"."""
    node.given("before")

    node.given("web", container={"imagePullPolicy": policy})

    assert [said[: len(text)] for said, text in zip(pulls(node, "web"), texts, strict=True)] == texts


def test_never_means_never(node: OneNode) -> None:
    node.given("web", container={"imagePullPolicy": "Never"})

    waiting = node.pod("web")["status"]["containerStatuses"][0]["state"]["waiting"]

    text = 'Container image "nginx:1.27" is not present with pull policy of Never'
    assert waiting == {"reason": "ErrImageNeverPull", "message": text}
    assert pulls(node, "web")[:2] == [f"ErrImageNeverPull: {text}", "Failed: Error: ErrImageNeverPull"]


def test_a_pull_that_fails_is_tried_again_more_and_more_seldom(node: OneNode) -> None:
    """Source: kubernetes.io, "Images", "ImagePullBackOff": 10 s, doubled up to 300 s."""
    node.given("web", "nginx:1.161", settle=False)
    times = []
    for second in range(700):
        node.run(1)
        times += [second] * (sum("Pulling image" in text for text in node.said("web")) - len(times))

    node_events = node.client.list("Event")
    pulled = next(event for event in node_events if event["message"] == 'Pulling image "nginx:1.161"')
    state = node.pod("web")["status"]["containerStatuses"][0]["state"]["waiting"]

    assert pulled["count"] == 7  # at 0, 10, 30, 70, 150, 310 and 610 seconds
    assert state["reason"] == "ImagePullBackOff"
    assert state["message"].startswith('Back-off pulling image "nginx:1.161": ErrImagePull: rpc error: code = NotFound')


def test_a_name_that_is_no_name_is_never_pulled(node: OneNode) -> None:
    node.given("web", "Nginx:1.27")

    assert pulls(node, "web")[:2] == [
        'InspectFailed: Failed to apply default image tag "Nginx:1.27": couldn\'t parse image name "Nginx:1.27": '
        "invalid reference format: repository name (library/Nginx) must be lowercase",
        "Failed: Error: InvalidImageName",
    ]


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [
        ([], "authorization failed: no basic auth credentials"),
        ([secret("login", "other.example")], "authorization failed: no basic auth credentials"),
        ([secret("login", password="wrong")], f"https://{HOST}/v2/shop/web/manifests/1: 401 Unauthorized"),
    ],
)
def test_a_private_image_needs_the_right_credentials(node: OneNode, secrets: list[Any], problem: str) -> None:
    """Source: containerd's texts; kubernetes.io, "Pull an Image from a Private Registry"."""
    for each in secrets:
        node.client.create(each)

    given_private(node, imagePullSecrets=[{"name": "login"}] if secrets else [])

    assert node.state("web").endswith("ImagePullBackOff")
    assert any(text.startswith("Failed: Failed to pull image") and text.endswith(problem) for text in node.said("web"))


@pytest.mark.parametrize("host", [HOST, f"https://{HOST}", f"https://{HOST}/v1/", f"{HOST}/shop"])
def test_the_credentials_of_a_secret_open_a_private_registry(node: OneNode, host: str) -> None:
    """Source: pkg/credentialprovider/keyring.go: scheme and version do not matter, a path must be a beginning."""
    node.client.create(secret("login", host))

    given_private(node, imagePullSecrets=[{"name": "login"}])

    assert node.state("web").startswith("Running ready=True")


def test_of_several_secrets_the_one_that_fits_is_used(node: OneNode) -> None:
    for each in (secret("a", "other.example"), secret("b", password="wrong"), secret("c")):
        node.client.create(each)

    given_private(node, imagePullSecrets=[{"name": name} for name in "abc"])

    assert node.state("web").startswith("Running ready=True")


def test_a_secret_that_is_missing_is_said_and_the_pull_is_tried(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, getPullSecretsForPod."""
    node.given("web", imagePullSecrets=[{"name": "gone"}])

    text = "Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed."
    assert pulls(node, "web")[0] == f"FailedToRetrieveImagePullSecret: {text}"
    assert node.state("web").startswith("Running ready=True")


@pytest.mark.parametrize("policy", ["IfNotPresent", "Never"])
def test_a_private_image_that_is_here_is_not_for_everybody(node: OneNode, policy: str) -> None:
    """Source: KEP-2535, "Ensure Secret Pulled Images": who brings no credentials is treated as if it were not here."""
    node.client.create(secret("login"))
    given_private(node, "owner", imagePullSecrets=[{"name": "login"}])

    node.given("stranger", PRIVATE, container={"imagePullPolicy": policy})
    node.given("friend", PRIVATE, container={"imagePullPolicy": policy}, imagePullSecrets=[{"name": "login"}])

    reason = "ErrImageNeverPull" if policy == "Never" else "ImagePullBackOff"
    assert node.state("stranger").endswith(f"waiting:{reason}")
    assert pulls(node, "friend") == ["Pulled: " + PRESENT.format(PRIVATE)]


def test_what_was_pulled_with_credentials_is_known_to_the_next_kubelet(node: OneNode) -> None:
    node.client.create(secret("login"))
    given_private(node, "owner", imagePullSecrets=[{"name": "login"}])
    node.vm.stop_daemon("kubelet")
    node.vm.start_daemon("kubelet")

    node.given("stranger", PRIVATE)

    assert node.state("stranger").endswith("ImagePullBackOff")


def test_the_node_lists_its_images_and_their_sizes(node: OneNode) -> None:
    node.given("web")
    node.run(15)

    images = node.client.get("Node", "node-1")["status"]["images"]

    found = next(image for image in images if "docker.io/library/nginx:1.27" in image["names"])
    assert found["sizeBytes"] == 72_099_501
    assert any(name.startswith("docker.io/library/nginx@sha256:") for name in found["names"])
