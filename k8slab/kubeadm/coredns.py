"""CoreDNS as kubeadm installs it: two pods, far from each other if possible, behind the Service kube-dns.

Source    cmd/kubeadm/app/phases/addons/dns/{manifests.go,dns.go}
Left out  what the Corefile says: the answers are those of k8slab.proxy; the liveness probe, for whose first look, after
          a minute, every new cluster would have to wait before it is at rest
"""

from __future__ import annotations

from typing import Any

from k8slab.kubeadm.versions import release_of

__all__ = ["coredns"]

Obj = dict[str, Any]

NAME, LABELS = "coredns", {"k8s-app": "kube-dns"}
COREFILE = """\
.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
"""
PORTS = (("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP"))
PROBES = (("liveness-probe", 8080, "TCP"), ("readiness-probe", 8181, "TCP"))


def coredns(address: str, version: str) -> list[Obj]:
    """The account, the Corefile, the Deployment, and the Service at `address`, as a release of kubeadm has them."""
    place = {"name": NAME, "namespace": "kube-system"}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": place, "data": {"Corefile": COREFILE}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": place},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {**place, "labels": LABELS},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": LABELS},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
                "template": {"metadata": {"labels": LABELS}, "spec": _pod(version)},
            },
        },
        _service(address),
    ]


def _service(address: str) -> Obj:
    ports = [{"name": name, "port": port, "protocol": protocol, "targetPort": port} for name, port, protocol in PORTS]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",
            "namespace": "kube-system",
            "labels": {**LABELS, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"},
            "annotations": {"prometheus.io/port": "9153", "prometheus.io/scrape": "true"},
        },
        "spec": {"clusterIP": address, "selector": LABELS, "ports": ports},
    }


def _pod(version: str) -> Obj:
    others = {"labelSelector": {"matchExpressions": [{"key": "k8s-app", "operator": "In", "values": ["kube-dns"]}]}}
    apart = {"weight": 100, "podAffinityTerm": {**others, "topologyKey": "kubernetes.io/hostname"}}
    corefile = {"name": NAME, "items": [{"key": "Corefile", "path": "Corefile"}]}
    return {
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": NAME,
        "dnsPolicy": "Default",
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [apart]}},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "containers": [_container(version)],
        "volumes": [{"name": "config-volume", "configMap": corefile}],
    }


def _container(version: str) -> Obj:
    ports = [{"name": name, "containerPort": port, "protocol": protocol} for name, port, protocol in PORTS + PROBES]
    ready = {"path": "/ready", "port": "readiness-probe"}
    return {
        "name": NAME,
        "image": release_of(version).image_of("coredns"),
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": ports,
        "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
        "readinessProbe": {"httpGet": ready},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": True}],
    }
