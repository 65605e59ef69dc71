"""The phases of `kubeadm join`, in order.

Source    cmd/kubeadm/app/cmd/join.go, .../cmd/phases/join, .../discovery/token
Left out  a second control plane (there is one API server in this process); signing requests of kubelets: the
          certificates of a node are there at once
"""

from __future__ import annotations

from typing import Any

from k8slab.kubeadm.addresses import dns_address
from k8slab.kubeadm.host import Host, KubeadmError
from k8slab.kubeadm.kubeconfigs import kubeconfig_file
from k8slab.kubeadm.phase import KUBELET_CONF, Phase, Plan, checked, is_node, there_already, write_kubelet_files
from k8slab.kubeadm.pki import CERTIFICATES, PKI, ca_hash, certificate_files
from k8slab.kubeadm.settings import kubelet_config
from k8slab.kubeadm.tokens import data_of, is_expired
from k8slab.kubelet import MANIFEST_FOLDER
from k8slab.wire import NotFound

__all__ = ["JOIN"]

Obj = dict[str, Any]

UNKNOWN_SERVER = "error execution phase preflight: couldn't validate the identity of the API Server: "


def _join_preflight(host: Host, plan: Plan) -> None:
    taken = there_already(host, KUBELET_CONF, f"{PKI}ca.crt")
    manifests = [path for path in host.vm.files if path.startswith(MANIFEST_FOLDER) and not path.endswith("/")]
    folder = MANIFEST_FOLDER[:-1]
    if manifests:
        taken.append((f"DirAvailable-{folder.replace('/', '-')}", f"{folder} is not empty"))
    host.say("[preflight] Running pre-flight checks")
    checked(host, plan.ignored, taken)
    _discover(host, plan)
    host.say(
        '[preflight] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...',
        "[preflight] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.",
    )


def _discover(host: Host, plan: Plan) -> None:
    """Find out whether this is the cluster that was meant, and whether it wants this machine. Raises KubeadmError."""
    where = f'Get "https://{plan.api_address}:6443/api/v1/namespaces/kube-public/configmaps/cluster-info"'
    refused = f"failed to request the cluster-info ConfigMap: {where}: connect: connection refused"
    host.wait(UNKNOWN_SERVER + refused, lambda: _answers(host, plan.api_address))
    if not plan.skips_ca and plan.ca_hash != ca_hash(host.machine.seed):
        problem = f'none of the public keys "{ca_hash(host.machine.seed)}" are pinned'
        raise KubeadmError(f"{UNKNOWN_SERVER}cluster CA found in cluster-info ConfigMap is invalid: {problem}")
    identity = plan.token.partition(".")[0]
    secret = _found(host, "Secret", f"bootstrap-token-{identity}")
    if secret is None or is_expired(secret, host.now):
        signature = f'could not find a JWS signature in the cluster-info ConfigMap for token ID "{identity}"'
        raise KubeadmError(UNKNOWN_SERVER + signature)
    if data_of(secret).get("token-secret") != plan.token.partition(".")[2]:
        distrust = "failed to verify JWS signature of received cluster info object, can't trust this API Server"
        raise KubeadmError(UNKNOWN_SERVER + distrust)


def _answers(host: Host, api_address: str) -> bool:
    home = host.cluster.world.network.vm_at(api_address)
    return home is not None and host.cluster.world.network.reachable(host.vm, home) and host.is_healthy()


def _found(host: Host, kind: str, name: str) -> Obj | None:
    try:
        return host.cluster.client.get(kind, name, "kube-system")
    except NotFound:
        return None


def _join_kubelet(host: Host, plan: Plan) -> None:
    authority = certificate_files(CERTIFICATES[0], host.machine)
    host.write({f"{PKI}ca.crt": authority[f"{PKI}ca.crt"]})
    host.write({KUBELET_CONF: kubeconfig_file("kubelet.conf", host.machine, plan.api_address)})
    known = _found(host, "ConfigMap", "kubelet-config")
    default = kubelet_config(dns_address(host.cluster.service_cidr))
    write_kubelet_files(host, known["data"]["kubelet"] if known else default)


def _wait_for_bootstrap(host: Host, plan: Plan) -> None:
    host.say(
        "[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s",
        "[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap",
    )
    host.wait("timed out waiting for the node to register", lambda: is_node(host))


JOIN: tuple[Phase, ...] = (
    Phase("preflight", _join_preflight),
    Phase("kubelet-start", _join_kubelet),
    Phase("kubelet-wait-bootstrap", _wait_for_bootstrap),
)
