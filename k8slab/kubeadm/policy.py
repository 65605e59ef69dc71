"""The roles and bindings that kubeadm adds to those of the API server.

Source    cmd/kubeadm/app/{phases/bootstraptoken,phases/addons/{dns,proxy},phases/uploadconfig,phases/kubelet},
          cmd/kubeadm/app/constants/constants.go (ClusterAdminsGroupAndClusterRoleBinding)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["account_rights", "kubeadm_policy"]

Obj = dict[str, Any]
Rule = dict[str, list[str]]

GROUP = "rbac.authorization.k8s.io"
ADMINS, NODES, AUTHENTICATED = "kubeadm:cluster-admins", "system:nodes", "system:authenticated"
TOKENS = "system:bootstrappers:kubeadm:default-node-token"
CSR = "system:certificates.k8s.io:certificatesigningrequests"


def kubeadm_policy() -> list[Obj]:
    """Every role and binding, as `kubeadm init` leaves them."""
    return [
        _binding("ClusterRole", ADMINS, "cluster-admin", ADMINS),
        _role("kubeadm:get-nodes", [_rule("", "nodes", "get")]),
        _binding("ClusterRole", "kubeadm:get-nodes", "kubeadm:get-nodes", TOKENS),
        _binding("ClusterRole", "kubeadm:kubelet-bootstrap", "system:node-bootstrapper", TOKENS),
        _binding("ClusterRole", "kubeadm:node-autoapprove-bootstrap", f"{CSR}:nodeclient", TOKENS),
        _binding("ClusterRole", "kubeadm:node-autoapprove-certificate-rotation", f"{CSR}:selfnodeclient", NODES),
        _account_binding("kubeadm:node-proxier", "system:node-proxier", "kube-proxy"),
        _role("system:coredns", [
            _rule("", "endpoints services pods namespaces", "list watch"),
            _rule("discovery.k8s.io", "endpointslices", "list watch"),
        ]),
        _account_binding("system:coredns", "system:coredns", "coredns"),
        *_of_one_config("kube-public", "kubeadm:bootstrap-signer-clusterinfo", "cluster-info", "system:anonymous"),
        *_of_one_config("kube-system", "kube-proxy", "kube-proxy", TOKENS),
        *_of_one_config("kube-system", "kubeadm:kubelet-config", "kubelet-config", NODES, TOKENS),
        *_of_one_config("kube-system", "kubeadm:nodes-kubeadm-config", "kubeadm-config", TOKENS, NODES),
    ]  # fmt: skip


def account_rights(account: str, role: str, rules: Iterable[tuple[str, str, str]]) -> list[Obj]:
    """A role for an add-on's account in kube-system, and its binding; a rule is (verbs, group, resources)."""
    return [
        _role(role, [_rule(group, resources, verbs) for verbs, group, resources in rules]),
        _account_binding(role, role, account),
    ]


def _of_one_config(namespace: str, name: str, config: str, *whose: str) -> list[Obj]:
    """A role that allows to read one ConfigMap, and its binding."""
    rule = {**_rule("", "configmaps", "get"), "resourceNames": [config]}
    return [_role(name, [rule], namespace), _binding("Role", name, name, *whose, namespace=namespace)]


def _rule(group: str, resources: str, verbs: str) -> Rule:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}


def _role(name: str, rules: list[Rule], namespace: str = "") -> Obj:
    kind = "Role" if namespace else "ClusterRole"
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": _metadata(name, namespace), "rules": rules}


def _binding(kind: str, name: str, role: str, *whose: str, namespace: str = "") -> Obj:
    kinds = {each: "User" if each == "system:anonymous" else "Group" for each in whose}
    subjects: list[Obj] = [{"apiGroup": GROUP, "kind": kinds[each], "name": each} for each in whose]
    return _bound(kind, name, role, subjects, namespace)


def _account_binding(name: str, role: str, account: str) -> Obj:
    subject = {"kind": "ServiceAccount", "name": account, "namespace": "kube-system"}
    return _bound("ClusterRole", name, role, [subject])


def _bound(kind: str, name: str, role: str, subjects: list[Obj], namespace: str = "") -> Obj:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": f"{kind}Binding",
        "metadata": _metadata(name, namespace),
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": role},
        "subjects": subjects,
    }


def _metadata(name: str, namespace: str) -> Obj:
    return {"name": name, **({"namespace": namespace} if namespace else {})}
