"""kr8s: objects that act, found by the client certificate of a kubeconfig."""

from __future__ import annotations

import asyncio
import urllib.request
from typing import Any

import kr8s
import kr8s.asyncio
import pytest
from kr8s.objects import ConfigMap, CustomResourceDefinition, Deployment, Pod, Service, new_class

pytestmark = [
    pytest.mark.k8slab(nodes=1, speed=50),
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported:UserWarning"),
]

LABELS = {"app": "web"}
MAIN = {"name": "main", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}
SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
VERSION = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}}
NAMES = {"plural": "cups", "singular": "cup", "kind": "Cup"}


@pytest.fixture
def api(k8slab: Any) -> Any:
    """A client that is not kept for the next test."""
    return kr8s.api(kubeconfig=str(k8slab.kubeconfig))


@pytest.fixture
def pod(api: Any) -> Any:
    """A web server that answers."""
    made = Pod({"metadata": {"name": "web", "labels": LABELS}, "spec": {"containers": [MAIN]}}, api=api)
    made.create()
    made.wait("condition=Ready", timeout=20)
    return made


def test_it_knows_where_it_is(api: Any) -> None:
    assert api.version()["gitVersion"] == "v1.37.0"
    assert api.whoami() == "kubernetes-admin"
    assert {node.name for node in api.get("nodes")} == {"control-plane", "node-1"}
    assert any(pod.name.startswith("coredns") for pod in api.get("pods", namespace="kube-system"))
    assert ("deployments", True) in {(each["name"], each["namespaced"]) for each in api.api_resources()}


def test_a_pod_is_run_labelled_and_deleted(pod: Any) -> None:
    pod.label({"tier": "front"})
    pod.annotate(note="seen")
    pod.refresh()

    assert (pod.ready(), pod.labels["tier"], pod.annotations["note"]) == (True, "front", "seen")
    assert {each["key"] for each in pod.spec.tolerations} >= {"node.kubernetes.io/not-ready"}
    pod.delete()
    pod.wait("delete", timeout=20)
    assert not pod.exists()


def test_commands_and_logs(pod: Any) -> None:
    done = pod.exec(["sh", "-c", "echo a; echo b >&2"])

    assert (done.stdout, done.stderr, done.returncode) == (b"a\n", b"b\n", 0)
    assert pod.exec(["false"], check=False).returncode == 1
    assert any("start worker process" in line for line in pod.logs())


def test_a_port_is_forwarded_to_a_pod_and_to_a_service(api: Any, pod: Any) -> None:
    spec = {"selector": LABELS, "ports": [{"port": 80}]}
    service = Service({"metadata": {"name": "web"}, "spec": spec}, api=api)
    service.create()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    for target in (pod, service):
        with target.portforward(remote_port=80, local_port="auto") as local:
            for _ in range(2):
                with direct.open(f"http://127.0.0.1:{local}/", timeout=20) as answer:
                    assert b"Welcome to nginx" in answer.read()


def test_a_deployment_is_scaled(api: Any, k8slab: Any) -> None:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [MAIN]}}
    spec = {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": template}
    web = Deployment({"metadata": {"name": "web"}, "spec": spec}, api=api)
    web.create()

    web.wait("condition=Available", timeout=20)
    web.scale(3)
    web.wait("jsonpath='{.status.readyReplicas}'=3", timeout=20)

    assert len(web.pods()) == 3
    web.delete(propagation_policy="Foreground")
    k8slab.settle()
    assert list(api.get("pods", label_selector=LABELS)) == []


def test_what_is_refused_is_told(api: Any) -> None:
    with pytest.raises(kr8s.ServerError, match=r"metadata\.name: Invalid value") as error:
        ConfigMap({"metadata": {"name": "A"}}, api=api).create()
    with pytest.raises(kr8s.NotFoundError):
        Pod.get("none", api=api)

    assert error.value.status["code"] == 422


def test_custom_resources(api: Any, k8slab: Any) -> None:
    spec = {"group": "tea.example", "scope": "Namespaced", "names": NAMES, "versions": [VERSION]}
    CustomResourceDefinition({"metadata": {"name": "cups.tea.example"}, "spec": spec}, api=api).create()
    k8slab.run("1s")
    cup = new_class("Cup", "tea.example/v1")({"metadata": {"name": "a"}, "spec": {"ml": 200}}, api=api)

    cup.create()
    cup.patch([{"op": "replace", "path": "/spec/ml", "value": 300}], type="json")

    assert [each.spec.ml for each in api.get("cups.tea.example")] == [300]


def test_the_asynchronous_half_watches(k8slab: Any) -> None:
    async def main() -> list[tuple[str, str]]:
        api = await kr8s.asyncio.api(kubeconfig=str(k8slab.kubeconfig))
        made = await kr8s.asyncio.objects.ConfigMap({"metadata": {"name": "a", "labels": LABELS}}, api=api)
        await made.create()
        seen = []
        async for kind, each in api.watch("configmaps", label_selector=LABELS):
            seen.append((kind, each.name))
            if len(seen) == 1:
                await made.label({"x": "1"})
            elif len(seen) == 2:
                await made.delete()
            else:
                break
        return seen

    assert asyncio.run(main()) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
