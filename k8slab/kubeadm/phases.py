"""The phases of `kubeadm init`, in order, each a function that can be run alone.

Source    cmd/kubeadm/app/cmd/init.go and .../cmd/phases/init; .../preflight/checks.go
Left out  checks of what machines here do not have (swap, cgroups, ports of other programs)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.kubeadm.addons import kube_proxy
from k8slab.kubeadm.addresses import dns_address
from k8slab.kubeadm.coredns import coredns
from k8slab.kubeadm.host import Host, KubeadmError
from k8slab.kubeadm.kubeconfigs import KUBECONFIGS, KUBERNETES, kubeconfig_file
from k8slab.kubeadm.manifests import CONTROL_PLANE, static_manifests
from k8slab.kubeadm.phase import KUBELET_CONF, Phase, Plan, checked, is_node, there_already, write_kubelet_files
from k8slab.kubeadm.pki import CERTIFICATES, PKI, SERVICE_ACCOUNTS, Certificate, ca_hash, certificate_files
from k8slab.kubeadm.settings import (
    KUBELET_CONFIG,
    cluster_info,
    kubelet_config,
    uploaded_settings,
)
from k8slab.kubeadm.tokens import new_token, token_secret
from k8slab.kubeadm.versions import release_of
from k8slab.kubelet import MANIFEST_FOLDER

__all__ = ["ADDONS", "INIT", "POLICY_LINES", "upload_config"]

Obj = dict[str, Any]

ROLE = "node-role.kubernetes.io/control-plane"
LABELS = {ROLE: "", "node.kubernetes.io/exclude-from-external-load-balancers": ""}
TAINT = {"key": ROLE, "effect": "NoSchedule"}
FEWEST_CPUS, LEAST_MB = 2, 1700
MIB = 1024 * 1024
POLICY_LINES = (
    "[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to get nodes",
    "[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to post CSRs in order for nodes to get "
    "long term certificate credentials",
    "[bootstrap-token] Configured RBAC rules to allow the csrapprover controller automatically approve CSRs from a "
    "Node Bootstrap Token",
    "[bootstrap-token] Configured RBAC rules to allow certificate rotation for all node client certificates in the "
    "cluster",
)


def _too_small(host: Host) -> list[tuple[str, str]]:
    cpus, megabytes = host.vm.cpu_m // 1000, host.vm.memory_bytes // MIB
    problems = []
    if cpus < FEWEST_CPUS:
        problems.append(("NumCPU", f"the number of available CPUs {cpus} is less than the required {FEWEST_CPUS}"))
    if megabytes < LEAST_MB:
        problems.append(("Mem", f"the system RAM ({megabytes} MB) is less than the minimum {LEAST_MB} MB"))
    return problems


def _version_problems(host: Host, plan: Plan) -> list[tuple[str, str]]:
    """Source: .../preflight/checks.go (KubernetesVersionCheck, which only warns; KubeletVersionCheck)."""
    wanted, kubeadm, kubelet = (release_of(v) for v in (plan.version, *map(host.version_of, ("kubeadm", "kubelet"))))
    plain = {release: release.version.removeprefix("v") for release in (wanted, kubeadm, kubelet)}
    if wanted.minor > kubeadm.minor:
        host.say(
            "\t[WARNING KubernetesVersion]: Kubernetes version is greater than kubeadm version. Please consider to "
            f"upgrade kubeadm. Kubernetes version: {plain[wanted]}. Kubeadm version: 1.{kubeadm.minor}.x"
        )
    if kubelet.minor <= wanted.minor:
        return []
    skew = (
        "the kubelet version is higher than the control plane version. This is not a supported version skew and may "
        f'lead to a malfunctional cluster. Kubelet version: "{plain[kubelet]}" Control plane version: "{plain[wanted]}"'
    )
    return [("KubeletVersion", skew)]


def _init_preflight(host: Host, plan: Plan) -> None:
    if host.name != CONTROL_PLANE:
        raise KubeadmError(f"the API server of this cluster can only run on {CONTROL_PLANE}")
    manifests = static_manifests(host.vm.address, plan.version)
    taken = [("Port-6443", "Port 6443 is in use")] if host.vm.serves("kube-apiserver") else []
    kubelet = [("Port-10250", "Port 10250 is in use")] if host.has(KUBELET_CONFIG) else []
    there = _version_problems(host, plan) + there_already(host, *manifests)
    host.say("[preflight] Running pre-flight checks")
    checked(host, plan.ignored, [*_too_small(host), *taken, *kubelet, *there])
    host.say(
        "[preflight] Pulling images required for setting up a Kubernetes cluster",
        "[preflight] This might take a minute or two, depending on the speed of your internet connection",
        "[preflight] You can also perform this action beforehand using 'kubeadm config images pull'",
    )


def _certificate(certificate: Certificate) -> Phase:
    def run(host: Host, plan: Plan) -> None:
        if host.has(f"{PKI}{certificate.path}.crt"):
            host.say(f"[certs] Using existing {certificate.path} certificate and key on disk")
            return
        host.write(certificate_files(certificate, host.machine))
        host.say(f'[certs] Generating "{certificate.path}" certificate and key')
        if certificate.serves is not None:
            names, addresses = certificate.serves(host.machine)
            told = f"DNS names [{' '.join(names)}] and IPs [{' '.join(addresses)}]"
            host.say(f"[certs] {certificate.path} serving cert is signed for {told}")

    return Phase(certificate.path.replace("/", "-"), run)


def _account_keys(host: Host, plan: Plan) -> None:
    pair = certificate_files(SERVICE_ACCOUNTS, host.machine)
    host.write({f"{PKI}sa.key": pair[f"{PKI}sa.key"], f"{PKI}sa.pub": pair[f"{PKI}sa.crt"]})
    host.say('[certs] Generating "sa" key and public key')


def _kubeconfig(file: str) -> Phase:
    def run(host: Host, plan: Plan) -> None:
        if not host.has(f"{PKI}ca.crt"):
            raise KubeadmError(f"couldn't create a kubeconfig; the CA files couldn't be loaded from {PKI[:-1]}")
        host.write({KUBERNETES + file: kubeconfig_file(file, host.machine, host.vm.address)})
        host.say(f'[kubeconfig] Writing "{file}" kubeconfig file')

    return Phase(file.removesuffix(".conf"), run)


def _manifest(name: str) -> Phase:
    def run(host: Host, plan: Plan) -> None:
        path = f"{MANIFEST_FOLDER}{name}.yaml"
        host.write({path: static_manifests(host.vm.address, plan.version)[path]})
        if name == "etcd":
            host.say(f'[etcd] Creating static Pod manifest for local etcd in "{MANIFEST_FOLDER[:-1]}"')
        else:
            host.say(f'[control-plane] Creating static Pod manifest for "{name}"')

    return Phase("local" if name == "etcd" else name.removeprefix("kube-"), run)


def _group(name: str, first: str, *parts: Phase) -> Phase:
    """A phase that consists of others."""

    def run(host: Host, plan: Plan) -> None:
        if first:
            host.say(first)
        for part in parts:
            part.run(host, plan)

    return Phase(name, run, parts)


def _start_kubelet(host: Host, plan: Plan) -> None:
    config = kubelet_config(dns_address(host.cluster.service_cidr))
    write_kubelet_files(host, config)


def _wait_for_control_plane(host: Host, plan: Plan) -> None:
    host.say(
        "[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory "
        f'"{MANIFEST_FOLDER[:-1]}"',
        "[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s",
    )
    took = host.wait("the kubelet is not healthy", lambda: host.vm.serves("kubelet"))
    host.say(f"[kubelet-check] The kubelet is healthy after {_go_seconds(took)}")
    host.say("[control-plane-check] Waiting for healthy control plane components. This can take up to 4m0s")
    for name, place in _components(host.vm.address):
        took = host.wait(f"{name} check failed at {place}", lambda name=name: _is_up(host, name))
        host.say(f"[control-plane-check] {name} is healthy after {_go_seconds(took)}")


def _components(address: str) -> list[tuple[str, str]]:
    return [
        ("kube-apiserver", f"https://{address}:6443/livez"),
        ("kube-controller-manager", "https://127.0.0.1:10257/healthz"),
        ("kube-scheduler", "https://127.0.0.1:10259/livez"),
    ]


def _is_up(host: Host, name: str) -> bool:
    return host.vm.serves(name) and (name != "kube-apiserver" or host.is_healthy())


def _go_seconds(seconds: float) -> str:
    return f"{seconds * 1000:.6g}ms" if seconds < 1 else f"{seconds:.9g}s"


def upload_config(host: Host, plan: Plan) -> None:
    """Keep in the cluster how it was made, for later runs of kubeadm."""
    host.cluster.client.apply_all(uploaded_settings(host.cluster.service_cidr, plan.version))
    host.say(
        '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace',
        '[kubelet] Creating a ConfigMap "kubelet-config" in namespace kube-system with the configuration for the '
        "kubelets in the cluster",
    )


def _upload_certs(host: Host, plan: Plan) -> None:
    host.say("[upload-certs] Skipping phase. Please see --upload-certs")


def _mark_control_plane(host: Host, plan: Plan) -> None:
    client = host.cluster.client
    host.wait(f"node {host.name} is not registered", lambda: is_node(host))
    client.patch("Node", host.name, "", {"metadata": {"labels": LABELS}, "spec": {"taints": [TAINT]}})
    host.say(
        f"[mark-control-plane] Marking the node {host.name} as control-plane by adding the labels: "
        f"[{' '.join(sorted(LABELS))}]",
        f"[mark-control-plane] Marking the node {host.name} as control-plane by adding the taints [{ROLE}:NoSchedule]",
    )


def _bootstrap_token(host: Host, plan: Plan) -> None:
    token = plan.token or new_token(f"{host.machine.seed}/{host.now}/init")
    description = "The default bootstrap token generated by 'kubeadm init'."
    expires = None if plan.ttl_s is None else host.now + plan.ttl_s
    info = cluster_info(host.vm.address, ca_hash(host.machine.seed))
    host.cluster.client.apply_all([token_secret(token, expires, description), info])
    host.say(
        f"[bootstrap-token] Using token: {token}",
        "[bootstrap-token] Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles",
        *POLICY_LINES,
        '[bootstrap-token] Creating the "cluster-info" ConfigMap in the "kube-public" namespace',
    )


def _finalize_kubelet(host: Host, plan: Plan) -> None:
    host.say(f'[kubelet-finalize] Updating "{KUBELET_CONF}" to point to a rotatable kubelet client certificate and key')


def _addon(name: str, title: str, objects: Callable[[Host, str], list[Obj]]) -> Phase:
    def run(host: Host, plan: Plan) -> None:
        host.cluster.client.apply_all(objects(host, plan.version))
        host.say(f"[addons] Applied essential addon: {title}")

    return Phase(name, run)


ADDONS = (
    _addon("coredns", "CoreDNS", lambda host, version: coredns(dns_address(host.cluster.service_cidr), version)),
    _addon("kube-proxy", "kube-proxy", lambda host, version: kube_proxy(version, host.vm.address)),
)
INIT: tuple[Phase, ...] = (
    Phase("preflight", _init_preflight),
    _group(
        "certs",
        f'[certs] Using certificateDir folder "{PKI[:-1]}"',
        *(_certificate(certificate) for certificate in CERTIFICATES),
        Phase("sa", _account_keys),
    ),
    _group(
        "kubeconfig",
        f'[kubeconfig] Using kubeconfig folder "{KUBERNETES[:-1]}"',
        *(_kubeconfig(file) for file in KUBECONFIGS),
    ),
    _group("etcd", "", _manifest("etcd")),
    _group(
        "control-plane",
        f'[control-plane] Using manifest folder "{MANIFEST_FOLDER[:-1]}"',
        *(_manifest(name) for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")),
    ),
    Phase("kubelet-start", _start_kubelet),
    Phase("wait-control-plane", _wait_for_control_plane),
    Phase("upload-config", upload_config),
    Phase("upload-certs", _upload_certs),
    Phase("mark-control-plane", _mark_control_plane),
    Phase("bootstrap-token", _bootstrap_token),
    Phase("kubelet-finalize", _finalize_kubelet),
    _group("addon", "", *ADDONS),
)
