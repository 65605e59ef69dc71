"""Bad manifests: a clear error in the server's words with the field's path, and nothing half-written."""

from __future__ import annotations

import pytest
from kubeadm_bench import manifest

from k8slab import Cluster
from k8slab.wire import ApiError

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{container}]}}\n"


def pod(name: str = "web", container: str = "{name: a, image: nginx}") -> str:
    return POD.format(name=name, container=container)


BAD = {
    "does not parse": ("a: [1", "error converting YAML to JSON"),
    "an unknown kind": ("apiVersion: v1\nkind: Pot\nmetadata: {name: x}", 'no matches for kind "Pot" in version "v1"'),
    "an unknown version": (
        "apiVersion: apps/v7\nkind: Deployment\nmetadata: {name: x}",
        'no matches for kind "Deployment" in version "apps/v7"',
    ),
    "an unknown field": (
        pod(container="{name: a, image: nginx, imagePolicy: Never}"),
        'unknown field "spec.containers[0].imagePolicy"',
    ),
    "a wrong type": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: three}",
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    "a name that is no DNS name": (
        pod("Web_1"),
        'Pod "Web_1" is invalid: metadata.name: Invalid value: "Web_1": a lowercase RFC 1123 subdomain must consist of',
    ),
    "something required is missing": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}",
        'Pod "x" is invalid: spec.containers: Required value',
    ),
    "an alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join(['*' + a] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "document contains excessive aliasing",
    ),
    "a pit of brackets": ("a: " + "[" * 5_000 + "]" * 5_000, "exceeded max depth"),
    "too much of it": ("a: " + "x" * 4_000_000, "large"),
    "something that would run": ("!!python/object/apply:os.system ['true']", "python"),
    "no kind": ("metadata: {name: x}", "Object 'Kind' is missing"),
    "one bad document among good ones": (GOOD + "---\n" + pod("Web_1"), 'Pod "Web_1" is invalid'),
    "a bad document in a namespace that is new itself": (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a_B, namespace: shop}\n",
        'ConfigMap "a_B" is invalid',
    ),
    "a namespace that is not there": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: nowhere}",
        'namespaces "nowhere" not found',
    ),
}


@pytest.fixture(scope="module")
def server() -> Cluster:
    return Cluster(agents=())


@pytest.mark.parametrize("name", BAD)
def test_a_bad_manifest_is_refused_and_nothing_is_written(server: Cluster, name: str) -> None:
    text, message = BAD[name]
    before = server.etcd.revision

    with pytest.raises(ApiError) as error:
        server.apply(text)

    assert message in str(error.value)
    assert server.etcd.revision == before


def test_an_update_from_an_old_copy_is_a_conflict(server: Cluster) -> None:
    server.apply(GOOD)
    old = server.client.get("ConfigMap", "good", "default")
    server.client.patch("ConfigMap", "good", "default", {"data": {"a": "1"}})

    with pytest.raises(ApiError, match="the object has been modified; please apply your changes") as error:
        server.client.update({**old, "data": {"a": "2"}})

    assert error.value.code == 409
    assert server.client.get("ConfigMap", "good", "default")["data"] == {"a": "1"}


def test_an_immutable_field_stays_as_it_is(server: Cluster) -> None:
    server.apply(manifest())
    change = {"spec": {"selector": {"matchLabels": {"app": "other"}}}}

    with pytest.raises(ApiError, match=r"spec\.selector: Invalid value: .*field is immutable") as error:
        server.client.patch("Deployment", "web", "default", change)

    assert error.value.code == 422
    assert server.client.get("Deployment", "web", "default")["spec"]["selector"]["matchLabels"] == {"app": "web"}
