"""Under which name each verb writes."""

from __future__ import annotations

import pytest

from k8slab import Cluster

CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {a: "1"}
"""
DEPLOY = "create deployment web --image=nginx"


@pytest.mark.parametrize(
    ("given", "line", "kind", "manager"),
    [
        ("", "create configmap web --from-literal=a=1", "configmap", "kubectl-create"),
        ("", "create -f -", "configmap", "kubectl-create"),
        ("", "apply -f -", "configmap", "kubectl-client-side-apply"),
        ("", "apply --server-side -f -", "configmap", "kubectl"),
        ("", "apply --server-side --field-manager=me -f -", "configmap", "me"),
        ("", "run web --image=nginx", "pod", "kubectl-run"),
        (DEPLOY, "expose deployment web --port=80", "service", "kubectl-expose"),
        (DEPLOY, "scale deployment web --replicas=2", "deployment", "kubectl"),
        (DEPLOY, "label deployment web a=b", "deployment", "kubectl-label"),
        (DEPLOY, "annotate deployment web a=b", "deployment", "kubectl-annotate"),
        (DEPLOY, "annotate deployment web a=b --field-manager=me", "deployment", "me"),
        (DEPLOY, "set image deployment/web nginx=redis", "deployment", "kubectl-set"),
        (DEPLOY, "rollout restart deployment web", "deployment", "kubectl-rollout"),
        (DEPLOY, 'patch deployment web -p \'{"spec":{"replicas":4}}\'', "deployment", "kubectl-patch"),
        ("create configmap web --from-literal=z=1", "replace -f -", "configmap", "kubectl-replace"),
        ("", "taint node node-1 a=b:NoSchedule", "node node-1", "kubectl-taint"),
        ("", "cordon node-1", "node node-1", "kubectl"),
    ],
)
def test_a_verb_writes_under_its_name(given: str, line: str, kind: str, manager: str) -> None:
    """Source: the default of --field-manager in kubectl's help, and the user agent where there is none."""
    cluster = Cluster(nodes=1)
    if given:
        cluster.kubectl(given, CONFIG)

    cluster.kubectl(line, CONFIG)

    path = "{.metadata.managedFields[*].manager}"
    shown = cluster.kubectl(f"get {kind if ' ' in kind else kind + ' web'} -o jsonpath='{path}'")
    assert manager in shown.split(), shown


def test_a_client_applies_as_kubectl_does() -> None:
    cluster = Cluster(agents=())

    (made,) = cluster.apply(CONFIG)
    again = cluster.client.patch("configmap", "web", "default", {"data": {"b": "2"}})

    assert [entry["manager"] for entry in made["metadata"]["managedFields"]] == ["kubectl-client-side-apply"]
    assert [entry["manager"] for entry in again["metadata"]["managedFields"]] == ["k8slab", "kubectl-client-side-apply"]
