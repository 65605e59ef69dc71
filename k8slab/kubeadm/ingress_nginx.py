"""What a person adds to a cluster that has it not by itself: an Ingress controller, as plain manifests.

Source    kubernetes/ingress-nginx, deploy/static/provider/cloud/deploy.yaml (and baremetal for NodePort)
Left out  its admission webhook and the Jobs that make the webhook's certificates, its ConfigMap, the port 443
"""

from __future__ import annotations

from typing import Any

__all__ = ["INGRESS_IMAGE", "ingress_nginx_manifests"]

Obj = dict[str, Any]

INGRESS_IMAGE = "registry.k8s.io/ingress-nginx/controller"
VERSION = "v1.14.0"
NAME, CONTROLLER = "ingress-nginx", "ingress-nginx-controller"
LABELS = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/name": NAME}
SELECTOR = {"app.kubernetes.io/component": "controller", **LABELS}
RULES = (
    ("", "configmaps endpoints nodes pods secrets namespaces", "list watch"),
    ("", "services", "get list watch"),
    ("networking.k8s.io", "ingresses", "get list watch"),
    ("networking.k8s.io", "ingresses/status", "update"),
    ("networking.k8s.io", "ingressclasses", "get list watch"),
    ("discovery.k8s.io", "endpointslices", "list watch get"),
    ("", "events", "create patch update"),
)


def ingress_nginx_manifests(service_type: str = "LoadBalancer", replicas: int = 1) -> list[Obj]:
    """ingress-nginx and the IngressClass `nginx`. Raises ValueError for a type that such a Service has not."""
    if service_type not in ("LoadBalancer", "NodePort"):
        raise ValueError(f"the controller's Service is of type LoadBalancer or NodePort, not {service_type!r}")
    group = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [one], "resources": what.split(), "verbs": verbs.split()} for one, what, verbs in RULES]
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": NAME}
    role = {"apiGroup": group, "kind": "ClusterRole", "name": NAME}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME, "labels": LABELS}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(NAME)},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": _metadata(NAME, ""), "rules": rules},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": _metadata(NAME, ""), "roleRef": role,
         "subjects": [subject]},
        {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": _metadata("nginx", ""),
         "spec": {"controller": "k8s.io/ingress-nginx"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(CONTROLLER), "spec": _service(service_type)},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(CONTROLLER),
         "spec": {"replicas": replicas, "selector": {"matchLabels": SELECTOR},
                  "template": {"metadata": {"labels": SELECTOR}, "spec": _pod()}}},
    ]  # fmt: skip


def _metadata(name: str, namespace: str = NAME) -> Obj:
    return {"name": name, **({"namespace": namespace} if namespace else {}), "labels": LABELS}


def _service(service_type: str) -> Obj:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http", "appProtocol": "http"}]
    policy = {"externalTrafficPolicy": "Local"} if service_type == "LoadBalancer" else {}
    return {"type": service_type, "selector": SELECTOR, "ports": ports, **policy}


def _pod() -> Obj:
    probe = {"httpGet": {"path": "/healthz", "port": 10254}, "initialDelaySeconds": 10, "periodSeconds": 10}
    return {
        "serviceAccountName": NAME,
        "terminationGracePeriodSeconds": 300,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "containers": [
            {
                "name": "controller",
                "image": f"{INGRESS_IMAGE}:{VERSION}",
                "args": [
                    "/nginx-ingress-controller",
                    f"--publish-service=$(POD_NAMESPACE)/{CONTROLLER}",
                    "--controller-class=k8s.io/ingress-nginx",
                    "--ingress-class=nginx",
                ],
                "env": [
                    {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
                ],
                "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
                "readinessProbe": probe,
                "resources": {"requests": {"cpu": "100m", "memory": "90Mi"}},
            }
        ],
    }
