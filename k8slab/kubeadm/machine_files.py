"""What kubeadm has left on the disk of a machine that belongs to a cluster; made when somebody reads it."""

from __future__ import annotations

from functools import partial

from k8slab.kubeadm.addresses import dns_address
from k8slab.kubeadm.kubeconfigs import KUBECONFIGS, KUBERNETES, kubeconfig_file
from k8slab.kubeadm.manifests import CONTROL_PLANE_ADDRESS, static_manifests
from k8slab.kubeadm.pki import CERTIFICATES, PKI, SERVICE_ACCOUNTS, Machine, certificate_files
from k8slab.kubeadm.settings import KUBELET_CONFIG, KUBELET_FLAGS, kubelet_config, kubelet_flags
from k8slab.kubeadm.versions import program_files
from k8slab.world.files import Text

__all__ = ["files_of"]


def files_of(machine: Machine, service_cidr: str, version: str, *, is_control_plane: bool) -> dict[str, Text]:
    """Paths to texts; the programs of a release are among them."""
    files: dict[str, Text] = {
        **program_files(version),
        KUBELET_CONFIG: partial(kubelet_config, dns_address(service_cidr)),
        KUBELET_FLAGS: partial(kubelet_flags, machine.address),
        f"{KUBERNETES}kubelet.conf": partial(kubeconfig_file, "kubelet.conf", machine, CONTROL_PLANE_ADDRESS),
    }
    if not is_control_plane:
        return {**files, f"{PKI}ca.crt": certificate_files(CERTIFICATES[0], machine)[f"{PKI}ca.crt"]}
    for file in KUBECONFIGS:
        files[KUBERNETES + file] = partial(kubeconfig_file, file, machine, machine.address)
    for certificate in CERTIFICATES:
        files |= certificate_files(certificate, machine)
    keys = certificate_files(SERVICE_ACCOUNTS, machine)
    files |= {f"{PKI}sa.key": keys[f"{PKI}sa.key"], f"{PKI}sa.pub": keys[f"{PKI}sa.crt"]}
    return {**files, **static_manifests(machine.address, version)}
