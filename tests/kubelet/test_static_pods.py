"""Static pods and their mirrors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from one_node import OneNode

from k8slab.kubelet.static_pods import static_pod

ETCD: Any = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "etcd", "namespace": "kube-system", "labels": {"component": "etcd"}},
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "etcd", "image": "registry.k8s.io/etcd:3.6.8-0", "command": ["etcd"]}],
    },
}


def mirror(node: OneNode) -> Any:
    """The mirror of etcd."""
    return node.client.get("Pod", "etcd-node-1", "kube-system")


def test_a_static_pod_runs_and_is_mirrored() -> None:
    """Source: pkg/kubelet/pod/mirror_client.go, CreateMirrorPod; kubernetes.io, "Create static Pods"."""
    node = OneNode(static_pods=(ETCD,))

    pod = mirror(node)

    annotations, owner = pod["metadata"]["annotations"], pod["metadata"]["ownerReferences"][0]
    assert annotations["kubernetes.io/config.mirror"] == annotations["kubernetes.io/config.hash"]
    assert annotations["kubernetes.io/config.source"] == "file"
    assert (owner["kind"], owner["name"], owner["controller"]) == ("Node", "node-1", True)
    assert pod["status"]["phase"] == "Running" and pod["status"]["podIP"] == "192.168.0.10"
    assert node.world.network.dial(None, "192.168.0.10", 2379).is_open


def test_it_runs_without_an_api() -> None:
    node = OneNode(static_pods=(ETCD,))
    node.vm.power_off()
    node.is_api_up = False

    node.vm.power_on()
    node.loop.settle()

    assert node.world.network.dial(None, "192.168.0.10", 2379).is_open


def test_a_deleted_mirror_comes_back_and_the_pod_has_not_noticed() -> None:
    """Source: kubernetes.io, "Create static Pods", "Observe static pod behavior"."""
    node = OneNode(static_pods=(ETCD,))
    before = mirror(node)
    started = before["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    node.run(10)

    node.client.delete("Pod", "etcd-node-1", "kube-system")
    node.loop.settle()

    after = mirror(node)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] == started


def test_a_removed_manifest_stops_the_pod_and_removes_the_mirror() -> None:
    node = OneNode(static_pods=(ETCD,))

    node.vm.remove_file("/etc/kubernetes/manifests/etcd.yaml")
    node.loop.settle()

    assert node.gone("etcd-node-1") and not node.world.network.dial(None, "192.168.0.10", 2379).is_open


def test_a_changed_manifest_replaces_pod_and_mirror() -> None:
    node = OneNode(static_pods=(ETCD,))
    before = mirror(node)["metadata"]["annotations"]["kubernetes.io/config.hash"]
    changed = {**ETCD, "metadata": {**ETCD["metadata"], "labels": {"component": "etcd", "version": "2"}}}

    node.write_manifest(changed)
    node.loop.settle()

    after = mirror(node)
    assert after["metadata"]["annotations"]["kubernetes.io/config.hash"] != before
    assert after["metadata"]["labels"]["version"] == "2" and after["status"]["phase"] == "Running"


def test_a_crashed_static_pod_is_restarted_without_an_api() -> None:
    node = OneNode(static_pods=(ETCD,))
    sandbox = next(iter(node.vm.runtime.sandboxes.values()))
    node.is_api_up = False

    sandbox.containers["etcd"].kill()
    node.loop.settle()
    assert sandbox.containers["etcd"].is_running
    node.is_api_up = True
    node.run(60)

    assert mirror(node)["status"]["containerStatuses"][0]["restartCount"] == 1


@pytest.mark.parametrize(
    "manifest", [{}, {"kind": "Service"}, {"kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": []}}]
)
def test_a_manifest_that_is_no_pod_is_refused(manifest: Any) -> None:
    with pytest.raises(ValueError, match="a static pod's manifest is a Pod with a name and containers"):
        static_pod(manifest, "node-1", 0.0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind: Service", "Object 'apiVersion' is missing"),
        ("apiVersion: v1\nkind: Service\n", "a static pod's manifest is a Pod with a name and containers"),
        ("{", "did not find expected node content"),
        ("", "one pod was expected, not 0 objects"),
    ],
)
def test_a_file_that_is_no_pod_changes_nothing_and_is_complained_of(text: str, problem: str) -> None:
    """Source: pkg/kubelet/config/file.go, extractFromDir."""
    node = OneNode(static_pods=(ETCD,))

    node.vm.write_file("/etc/kubernetes/manifests/etcd.yaml", text)
    node.loop.settle()

    assert mirror(node)["status"]["phase"] == "Running"
    _, unit, said = node.vm.journal[-1]
    assert unit == "kubelet" and "/etc/kubernetes/manifests/etcd.yaml" in said and problem in said


def test_a_file_that_describes_another_pod_ends_the_first() -> None:
    node = OneNode(static_pods=(ETCD,))
    other = {**ETCD, "metadata": {"name": "other", "namespace": "kube-system"}}

    node.vm.write_file("/etc/kubernetes/manifests/etcd.yaml", json.dumps(other))
    node.loop.settle()

    assert node.gone("etcd-node-1")
    assert node.client.get("Pod", "other-node-1", "kube-system")["status"]["phase"] == "Running"


@pytest.mark.parametrize("path", ["/etc/kubernetes/manifests/.etcd.yaml", "/etc/kubernetes/manifests/old/etcd.yaml"])
def test_hidden_files_and_folders_are_not_read(path: str) -> None:
    """Source: pkg/kubelet/config/file.go, extractFromDir: no directories, nothing that begins with a dot."""
    node = OneNode()

    node.vm.write_file(path, json.dumps(ETCD))
    node.loop.settle()

    assert node.vm.runtime.sandboxes == {}


SECRET, CONFIG = {"name": "v", "secret": {"secretName": "x"}}, {"name": "v", "configMap": {"name": "x"}}


@pytest.mark.parametrize(
    ("spec", "container", "referred"),
    [
        ({"serviceAccountName": "x"}, {}, "serviceaccounts"),
        ({"volumes": [SECRET]}, {}, "secrets"),
        ({"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "x"}}]}}]}, {}, "secrets"),
        ({"imagePullSecrets": [{"name": "x"}]}, {}, "secrets"),
        ({}, {"envFrom": [{"secretRef": {"name": "x"}}]}, "secrets"),
        ({"volumes": [CONFIG]}, {}, "configmaps"),
        ({}, {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "k"}}}]}, "configmaps"),
        ({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "x"}}]}, {}, "persistentvolumeclaims"),
    ],
)
def test_a_static_pod_stands_on_its_own(spec: Any, container: Any, referred: str) -> None:
    """Source: pkg/kubelet/config/common.go, tryDecodeSinglePod (PreventStaticPodAPIReferences)."""
    containers = [{"name": "main", "image": "nginx", **container}]
    manifest = {"kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": containers, **spec}}

    with pytest.raises(ValueError, match=f"^static pods may not reference {referred}$"):
        static_pod(manifest, "node-1", 0.0)


def test_a_static_pod_is_named_after_its_node_and_tolerates_what_is_wrong_with_it() -> None:
    """Source: pkg/kubelet/config/common.go, generatePodName, applyDefaults."""
    pod = static_pod({**ETCD, "metadata": {"name": "etcd"}}, "Node-A", 0.0)

    assert (pod["metadata"]["name"], pod["metadata"]["namespace"]) == ("etcd-node-a", "default")
    assert pod["spec"]["nodeName"] == "Node-A"
    assert pod["spec"]["tolerations"] == [{"effect": "NoExecute", "operator": "Exists"}]


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"labels": {"mood": "good"}}},
        {"spec": {"containers": [{"name": "etcd", "image": "registry.k8s.io/etcd:3.6.9-0"}]}},
    ],
)
def test_what_is_done_to_a_mirror_is_not_done_to_the_pod(patch: Any) -> None:
    """Source: kubernetes.io, "Create static Pods": a mirror can be seen through the API, not controlled from there."""
    node = OneNode(static_pods=(ETCD,))

    node.client.patch("Pod", "etcd-node-1", "kube-system", patch)
    node.run(30)

    container = next(iter(node.vm.runtime.sandboxes.values())).containers["etcd"]
    assert (container.attempt, container.config.image) == (0, "registry.k8s.io/etcd:3.6.8-0")


def test_a_static_pod_keeps_its_files_on_the_machine() -> None:
    volume = {"name": "data", "hostPath": {"path": "/var/lib/etcd", "type": "DirectoryOrCreate"}}
    container = {**ETCD["spec"]["containers"][0], "volumeMounts": [{"name": "data", "mountPath": "/var/lib/etcd"}]}
    manifest = {**ETCD, "spec": {**ETCD["spec"], "containers": [container], "volumes": [volume]}}

    node = OneNode(static_pods=(manifest,))

    assert mirror(node)["status"]["phase"] == "Running" and "/var/lib/etcd/" in node.vm.files
