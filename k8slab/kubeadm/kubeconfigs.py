"""The kubeconfigs that kubeadm writes: who speaks to the API server from this machine, and how they are known.

Source    cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from k8slab.kubeadm.pki import ADMINS, CERTIFICATES, PKI, YEAR_S, Machine, certificate_files, subject_of
from k8slab.objects import rfc3339
from k8slab.world.files import text_of

__all__ = [
    "KUBECONFIGS",
    "KUBERNETES",
    "kubeconfig_file",
]

KUBERNETES = "/etc/kubernetes/"
KUBECONFIGS = {  # file: (user, organization); {} is the machine's name
    "admin.conf": ("kubernetes-admin", ADMINS),
    "super-admin.conf": ("kubernetes-super-admin", "system:masters"),
    "kubelet.conf": ("system:node:{}", "system:nodes"),
    "controller-manager.conf": ("system:kube-controller-manager", ""),
    "scheduler.conf": ("system:kube-scheduler", ""),
}


def kubeconfig_file(file: str, machine: Machine, api_address: str) -> str:
    """A kubeconfig of the machine, in YAML."""
    user, organization = KUBECONFIGS[file]
    user = user.format(machine.name)
    issued = f"# Client certificate: {subject_of(user, organization)}, until {rfc3339(machine.now + YEAR_S)}\n"
    authority = _authority(machine)
    lines = _kubeconfig(api_address, authority, user, file != "kubelet.conf")
    return issued + "\n".join(lines) + "\n"


def _kubeconfig(api_address: str, authority: str, user: str, is_embedded: bool) -> Iterable[str]:
    pem = "/var/lib/kubelet/pki/kubelet-client-current.pem"
    identity = "client-certificate-data: REDACTED" if is_embedded else f"client-certificate: {pem}"
    return (
        "apiVersion: v1",
        "clusters:",
        "- cluster:",
        f"    certificate-authority-data: {authority}",
        f"    server: https://{api_address}:6443",
        "  name: kubernetes",
        "contexts:",
        "- context:",
        "    cluster: kubernetes",
        f"    user: {user}",
        f"  name: {user}@kubernetes",
        f"current-context: {user}@kubernetes",
        "kind: Config",
        "users:",
        f"- name: {user}",
        "  user:",
        f"    {identity}",
    )


def _authority(machine: Machine) -> str:
    text = text_of(certificate_files(CERTIFICATES[0], machine)[f"{PKI}ca.crt"])
    return base64.b64encode(text.encode()).decode()
