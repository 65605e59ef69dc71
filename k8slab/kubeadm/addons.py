"""kube-proxy as kubeadm installs it: one pod on every node, whatever taints it has.

Source    cmd/kubeadm/app/phases/addons/proxy/{manifests.go,proxy.go}; .../componentconfigs/kubeproxy.go
Left out  settings of its configuration beyond those that mean something here (there is one kind of rules)
"""

from __future__ import annotations

from typing import Any

from k8slab.kubeadm.versions import release_of

__all__ = ["kube_proxy"]

Obj = dict[str, Any]

NAME = "kube-proxy"
CONFIG = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
clusterCIDR: 10.244.0.0/16
kind: KubeProxyConfiguration
mode: ""
"""
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: {account}/ca.crt
    server: https://{api_address}:6443
  name: default
contexts:
- context:
    cluster: default
    namespace: default
    user: default
  name: default
current-context: default
users:
- name: default
  user:
    tokenFile: {account}/token
"""


def kube_proxy(version: str, api_address: str) -> list[Obj]:
    """The account, the ConfigMap and the DaemonSet."""
    place, labels = {"name": NAME, "namespace": "kube-system"}, {"k8s-app": NAME}
    kubeconfig = KUBECONFIG.format(account=ACCOUNT, api_address=api_address)
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": place},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**place, "labels": {"app": NAME}},
            "data": {"config.conf": CONFIG, "kubeconfig.conf": kubeconfig},
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
    return {
        "priorityClassName": "system-node-critical",
        "serviceAccountName": NAME,
        "hostNetwork": True,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "containers": [_container(version)],
        "volumes": [
            {"name": NAME, "configMap": {"name": NAME}},
            {"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
            {"name": "lib-modules", "hostPath": {"path": "/lib/modules"}},
        ],
    }


def _container(version: str) -> Obj:
    config = f"/var/lib/{NAME}"
    return {
        "name": NAME,
        "image": release_of(version).image_of(NAME),
        "imagePullPolicy": "IfNotPresent",
        "command": [f"/usr/local/bin/{NAME}", f"--config={config}/config.conf", "--hostname-override=$(NODE_NAME)"],
        "securityContext": {"privileged": True},
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "volumeMounts": [
            {"name": NAME, "mountPath": config},
            {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
            {"name": "lib-modules", "mountPath": "/lib/modules", "readOnly": True},
        ],
    }
