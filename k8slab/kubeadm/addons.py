"""kube-proxy as kubeadm installs it: one pod on every node, whatever taints it has.

Source    cmd/kubeadm/app/phases/addons/proxy/manifests.go
Left out  the mode of its configuration (there is one kind of rules here)
"""

from __future__ import annotations

from typing import Any

__all__ = ["kube_proxy"]

Obj = dict[str, Any]

NAME = "kube-proxy"
CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"


def kube_proxy(version: str) -> list[Obj]:
    """The account, the ConfigMap and the DaemonSet."""
    place, labels = {"name": NAME, "namespace": "kube-system"}, {"k8s-app": NAME}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": place},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**place, "labels": {"app": NAME}},
            "data": {"config.conf": CONFIG},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {**place, "labels": labels},
            "spec": {
                "selector": {"matchLabels": labels},
                "updateStrategy": {"type": "RollingUpdate"},
                "template": {"metadata": {"labels": labels}, "spec": _pod(version)},
            },
        },
    ]


def _pod(version: str) -> Obj:
    mounts = [{"name": NAME, "mountPath": "/var/lib/kube-proxy"}]
    command = ["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"]
    container = {"name": NAME, "image": f"registry.k8s.io/kube-proxy:{version}", "imagePullPolicy": "IfNotPresent"}
    return {
        "priorityClassName": "system-node-critical",
        "serviceAccountName": NAME,
        "hostNetwork": True,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "containers": [{**container, "command": command, "volumeMounts": mounts}],
        "volumes": [{"name": NAME, "configMap": {"name": NAME}}],
    }
