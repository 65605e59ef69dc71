"""lightkube: typed objects, generic resources, apply, pages, logs, waiting, and its asynchronous half."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from httpx2.websockets import WebSocketUpgradeError
from lightkube import ApiError, AsyncClient, Client, codecs, operators
from lightkube.core.exceptions import ConditionError
from lightkube.generic_resource import create_namespaced_resource, load_in_cluster_generic_resources
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Namespace, Node, Pod, Secret
from lightkube.types import CascadeType, PatchType

pytestmark = [pytest.mark.k8slab(nodes=1, speed=50)]

SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
VERSION = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}}
NAMES = {"plural": "cups", "singular": "cup", "kind": "Cup"}
CRD = {
    "metadata": {"name": "cups.tea.example"},
    "spec": {"group": "tea.example", "scope": "Namespaced", "names": NAMES, "versions": [VERSION]},
}


@pytest.fixture
def light(k8slab: Any) -> Client:
    """A client that finds the cluster by KUBECONFIG."""
    return Client(field_manager="light")


def deployment(replicas: int) -> Deployment:
    """Some web servers."""
    labels = {"app": "web"}
    pods = PodTemplateSpec(ObjectMeta(labels=labels), PodSpec([Container("main", image="nginx:1.27")]))
    spec = DeploymentSpec(LabelSelector(matchLabels=labels), pods, replicas=replicas)
    return Deployment(metadata=ObjectMeta(name="web"), spec=spec)


def config_map(name: str, **data: str) -> ConfigMap:
    """A ConfigMap of this test."""
    return ConfigMap(metadata=ObjectMeta(name=name, labels={"mine": "yes"}), data=data)


def pod(*command: str) -> Pod:
    """A pod that runs a command once."""
    main = Container("main", image="busybox:1.37", command=list(command))
    return Pod(metadata=ObjectMeta(name="talker"), spec=PodSpec([main], restartPolicy="Never"))


def test_typed_objects_come_and_go(light: Client) -> None:
    made = light.create(config_map("a", k="v"))
    light.patch(ConfigMap, "a", {"data": {"k": "w"}}, patch_type=PatchType.MERGE)
    made.data = {"k": "old"}

    with pytest.raises(ApiError) as error:
        light.replace(made)

    assert (error.value.status.code, error.value.status.reason) == (409, "Conflict")
    assert light.get(ConfigMap, "a").data == {"k": "w"}
    light.delete(ConfigMap, "a")
    assert list(light.list(ConfigMap, labels={"mine": "yes"})) == []


def test_what_is_not_there_is_told(light: Client) -> None:
    with pytest.raises(ApiError, match='pods "none" not found') as error:
        light.get(Pod, "none")

    assert error.value.status.details.name == "none"


def test_lists_come_in_pages_and_are_selected(light: Client) -> None:
    for number in range(5):
        light.create(config_map(f"a{number}", k=str(number)))

    pages = light.list(ConfigMap, chunk_size=2, labels={"mine": operators.in_(["yes"])})
    names = [each.metadata.name for each in pages]
    since = pages.resourceVersion

    assert names == [f"a{number}" for number in range(5)] and int(since)
    assert [each.metadata.name for each in light.list(ConfigMap, fields={"metadata.name": "a3"})] == ["a3"]
    assert {each.metadata.name for each in light.list(Node)} == {"control-plane", "node-1"}


def test_what_is_applied_belongs_to_its_manager(light: Client) -> None:
    light.apply(config_map("a", k="1"))

    with pytest.raises(ApiError) as error:
        light.apply(config_map("a", k="2"), field_manager="other")
    light.apply(config_map("a", k="3"), field_manager="other", force=True)

    assert error.value.status.reason == "Conflict"
    assert light.get(ConfigMap, "a").data == {"k": "3"}


def test_a_deployment_is_waited_for_and_scaled(light: Client) -> None:
    light.create(deployment(2))
    light.wait(Deployment, "web", for_conditions=["Available"])

    scale = light.get(Deployment.Scale, "web")
    scale.spec.replicas = 1
    light.replace(scale, "web")

    for _, web in light.watch(Deployment, fields={"metadata.name": "web"}):
        if web.status.replicas == 1:
            break
    assert light.get(Deployment.Status, "web").status.availableReplicas == 1
    light.delete(Deployment, "web", cascade=CascadeType.FOREGROUND)


def test_what_fails_is_not_waited_for(light: Client) -> None:
    light.create(deployment(1))

    with pytest.raises(ConditionError):
        light.wait(Deployment, "web", for_conditions=["Never"], raise_for_conditions=["Available"])


def test_logs_are_followed_to_their_end(light: Client, k8slab: Any) -> None:
    k8slab.speed = 0
    light.create(pod("sh", "-c", "for i in 1 2 3; do echo $i; sleep 5; done"))
    k8slab.run("5s")

    lines = []
    for line in light.log("talker", follow=True):
        lines.append(line)
        k8slab.speed = 50

    assert lines == ["1\n", "2\n", "3\n"]


def test_yaml_and_custom_resources_need_no_types(light: Client, k8slab: Any) -> None:
    cup = create_namespaced_resource("tea.example", "v1", "Cup", "cups")
    light.create(CustomResourceDefinition.from_dict(CRD))
    k8slab.run("1s")

    for made in codecs.load_all_yaml(
        "apiVersion: tea.example/v1\nkind: Cup\nmetadata: {name: a, namespace: default}\nspec: {ml: 200}\n"
    ):
        light.create(made)
    load_in_cluster_generic_resources(light)

    assert light.get(cup, "a").spec == {"ml": 200}
    assert [each.metadata.name for each in light.list(cup, namespace="*")] == ["a"]


def test_secrets_and_namespaces(light: Client) -> None:
    light.create(Namespace(metadata=ObjectMeta(name="mine")))
    light.create(Secret(metadata=ObjectMeta(name="s", namespace="mine"), stringData={"k": "v"}), namespace="mine")

    assert light.get(Secret, "s", namespace="mine").data == {"k": "dg=="}
    light.deletecollection(Secret, namespace="mine")
    assert list(light.list(Secret, namespace="mine")) == []


@pytest.fixture
def talker(light: Client, k8slab: Any) -> str:
    """A pod in which commands can be run."""
    light.create(pod("sleep", "infinity"))
    k8slab.run("10s")
    return "talker"


@pytest.mark.parametrize(
    ("command", "typed", "said"),
    [
        (["sh", "-c", "echo a; echo b >&2; exit 3"], None, ("a\n", "b\n", 3)),
        (["cat"], "héllo\n" * 20_000, ("héllo\n" * 20_000, "", 0)),
        (["sort"], io.BytesIO(b"b\na\n"), ("a\nb\n", "", 0)),
        ("hostname", None, ("talker\n", "", 0)),
    ],
)
def test_commands_are_run_and_typed_at(light: Client, talker: str, command: Any, typed: Any, said: Any) -> None:
    done = light.exec(talker, command=command, stdin=typed, stdout=True, stderr=True, container="main", timeout=20)

    assert (done.stdout, done.stderr, done.exit_code) == said


def test_a_command_that_fails_is_told(light: Client, talker: str) -> None:
    """Source: containerd, internal/cri/streamingserver (streamRuntime.Exec)."""
    text = r"non-zero exit code: error executing command \[false\], exit code 1"
    with pytest.raises(ApiError, match=text) as error:
        light.exec(talker, command="false", raise_on_error=True, timeout=20)

    assert (error.value.status.reason, error.value.status.details.causes[0].message) == ("NonZeroExitCode", "1")


@pytest.mark.parametrize(("name", "container", "code"), [("none", None, 404), ("talker", "none", 400)])
@pytest.mark.usefixtures("talker")
def test_a_command_that_cannot_be_run_is_refused(light: Client, name: str, container: Any, code: int) -> None:
    with pytest.raises(WebSocketUpgradeError) as error:
        light.exec(name, command="false", container=container, timeout=20)

    assert error.value.response.status_code == code


def test_the_asynchronous_half_watches_and_runs(k8slab: Any, talker: str) -> None:
    async def main() -> tuple[str, list[tuple[str, str]]]:
        events: list[tuple[str, str]] = []
        async with AsyncClient() as light:
            done = await light.exec(talker, command=["cat"], stdin="a\n", stdout=True, timeout=20)
            await light.create(config_map("a"))
            await light.create(config_map("b"))
            async for kind, each in light.watch(ConfigMap, labels={"mine": "yes"}, server_timeout=20):
                events.append((kind, each.metadata.name))
                if len(events) == 2:
                    await light.delete(ConfigMap, "b")
                if len(events) == 3:
                    break
        return done.stdout, events

    assert asyncio.run(main()) == ("a\n", [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "b")])
