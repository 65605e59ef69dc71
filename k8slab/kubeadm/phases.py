"""The phases of `kubeadm init` and `kubeadm join`, in order, each a function that can be run alone.

Source    cmd/kubeadm/app/cmd/{init.go,join.go} and .../cmd/phases/{init,join}; .../preflight/checks.go
Left out  a second control plane (there is one API server in this process); signing requests of kubelets: the
          certificates of a node are there at once; checks of what machines here do not have (swap, cgroups, ports of
          other programs)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from k8slab.kubeadm.addons import kube_proxy
from k8slab.kubeadm.addresses import dns_address
from k8slab.kubeadm.coredns import coredns
from k8slab.kubeadm.host import Host, KubeadmError
from k8slab.kubeadm.kubeconfigs import KUBECONFIGS, KUBERNETES, kubeconfig_file
from k8slab.kubeadm.manifests import CONTROL_PLANE, static_manifests
from k8slab.kubeadm.pki import CERTIFICATES, PKI, SERVICE_ACCOUNTS, Certificate, ca_hash, certificate_files
from k8slab.kubeadm.settings import (
    KUBELET_CONFIG,
    KUBELET_FLAGS,
    cluster_info,
    kubelet_config,
    kubelet_files,
    uploaded_settings,
)
from k8slab.kubeadm.tokens import data_of, is_expired, new_token, token_secret
from k8slab.kubeadm.versions import VERSION, release_of
from k8slab.kubelet import MANIFEST_FOLDER
from k8slab.wire import ApiError, NotFound

__all__ = [
    "INIT",
    "JOIN",
    "Phase",
    "Plan",
]

Obj = dict[str, Any]

ROLE = "node-role.kubernetes.io/control-plane"
LABELS = {ROLE: "", "node.kubernetes.io/exclude-from-external-load-balancers": ""}
TAINT = {"key": ROLE, "effect": "NoSchedule"}
FEWEST_CPUS, LEAST_MB = 2, 1700
MIB = 1024 * 1024
TOKEN_TTL_S = 24 * 3600.0
KUBELET_CONF = f"{KUBERNETES}kubelet.conf"
UNKNOWN_SERVER = "error execution phase preflight: couldn't validate the identity of the API Server: "


class Plan(NamedTuple):
    """What a run was asked for: the token (made if ""), its time to live, the checks that may fail, the API's place.

    `version` is the release that the cluster is to be of.
    """

    token: str = ""
    ttl_s: float | None = TOKEN_TTL_S
    ignored: tuple[str, ...] = ()
    api_address: str = ""
    ca_hash: str = ""
    skips_ca: bool = False
    version: str = VERSION


class Phase(NamedTuple):
    """A phase, the phases it consists of, and what it does."""

    name: str
    run: Callable[[Host, Plan], None]
    parts: tuple[Phase, ...] = ()


def _checked(host: Host, plan: Plan, problems: Sequence[tuple[str, str]]) -> None:
    """Raises KubeadmError with the problems that may not be ignored."""
    host.say("[preflight] Running pre-flight checks")
    fatal = []
    for name, problem in problems:
        if name.lower() in plan.ignored or "all" in plan.ignored:
            host.say(f"\t[WARNING {name}]: {problem}")
        else:
            fatal.append(f"\t[ERROR {name}]: {problem}")
    if fatal:
        raise KubeadmError(
            "error execution phase preflight: [preflight] Some fatal errors occurred:\n" + "\n".join(fatal) +
            "\n[preflight] If you know what you are doing, you can make a check non-fatal with "
            "`--ignore-preflight-errors=...`"
        )  # fmt: skip


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


def _there_already(host: Host, *paths: str) -> list[tuple[str, str]]:
    return [(f"FileAvailable-{path.replace('/', '-')}", f"{path} already exists") for path in paths if host.has(path)]


def _init_preflight(host: Host, plan: Plan) -> None:
    if host.name != CONTROL_PLANE:
        raise KubeadmError(f"the API server of this cluster can only run on {CONTROL_PLANE}")
    manifests = static_manifests(host.vm.address, plan.version)
    taken = [("Port-6443", "Port 6443 is in use")] if host.vm.serves("kube-apiserver") else []
    kubelet = [("Port-10250", "Port 10250 is in use")] if host.has(KUBELET_CONFIG) else []
    _checked(
        host,
        plan,
        [*_too_small(host), *_version_problems(host, plan), *taken, *kubelet, *_there_already(host, *manifests)],
    )
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
    _write_kubelet_files(host, config)


def _write_kubelet_files(host: Host, config: str) -> None:
    host.write(kubelet_files(config, host.vm.address))
    host.say(
        f'[kubelet-start] Writing kubelet environment file with flags to file "{KUBELET_FLAGS}"',
        f'[kubelet-start] Writing kubelet configuration to file "{KUBELET_CONFIG}"',
        "[kubelet-start] Starting the kubelet",
    )
    host.restart("kubelet")
    if "kube-proxy" in host.vm.at_boot:  # a daemon here; where it is a DaemonSet its pod starts it
        host.restart("kube-proxy")


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


def _upload_config(host: Host, plan: Plan) -> None:
    host.cluster.client.apply_all(uploaded_settings(host.cluster.service_cidr, plan.version))
    host.say(
        '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace',
        '[kubelet] Creating a ConfigMap "kubelet-config" in namespace kube-system with the configuration for the '
        "kubelets in the cluster",
        "[upload-certs] Skipping phase. Please see --upload-certs",
    )


def _mark_control_plane(host: Host, plan: Plan) -> None:
    client = host.cluster.client
    host.wait(f"node {host.name} is not registered", lambda: _is_node(host))
    client.patch("Node", host.name, "", {"metadata": {"labels": LABELS}, "spec": {"taints": [TAINT]}})
    host.say(
        f"[mark-control-plane] Marking the node {host.name} as control-plane by adding the labels: "
        f"[{' '.join(sorted(LABELS))}]",
        f"[mark-control-plane] Marking the node {host.name} as control-plane by adding the taints [{ROLE}:NoSchedule]",
    )


def _is_node(host: Host) -> bool:
    try:
        host.cluster.client.get("Node", host.name)
    except ApiError:
        return False
    return True


def _bootstrap_token(host: Host, plan: Plan) -> None:
    token = plan.token or new_token(f"{host.machine.seed}/{host.now}/init")
    description = "The default bootstrap token generated by 'kubeadm init'."
    expires = None if plan.ttl_s is None else host.now + plan.ttl_s
    info = cluster_info(host.vm.address, ca_hash(host.machine.seed))
    host.cluster.client.apply_all([token_secret(token, expires, description), info])
    host.say(
        f"[bootstrap-token] Using token: {token}",
        "[bootstrap-token] Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles",
        "[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to get nodes",
        "[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to post CSRs in order for nodes to get "
        "long term certificate credentials",
        "[bootstrap-token] Configured RBAC rules to allow the csrapprover controller automatically approve CSRs from a "
        "Node Bootstrap Token",
        "[bootstrap-token] Configured RBAC rules to allow certificate rotation for all node client certificates in the "
        "cluster",
        '[bootstrap-token] Creating the "cluster-info" ConfigMap in the "kube-public" namespace',
    )


def _finalize_kubelet(host: Host, plan: Plan) -> None:
    host.say(f'[kubelet-finalize] Updating "{KUBELET_CONF}" to point to a rotatable kubelet client certificate and key')


def _addon(name: str, title: str, objects: Callable[[Host, str], list[Obj]]) -> Phase:
    def run(host: Host, plan: Plan) -> None:
        host.cluster.client.apply_all(objects(host, plan.version))
        host.say(f"[addons] Applied essential addon: {title}")

    return Phase(name, run)


def _join_preflight(host: Host, plan: Plan) -> None:
    taken = _there_already(host, KUBELET_CONF, f"{PKI}ca.crt")
    manifests = [path for path in host.vm.files if path.startswith(MANIFEST_FOLDER) and not path.endswith("/")]
    folder = MANIFEST_FOLDER[:-1]
    if manifests:
        taken.append((f"DirAvailable-{folder.replace('/', '-')}", f"{folder} is not empty"))
    _checked(host, plan, taken)
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
    _write_kubelet_files(host, known["data"]["kubelet"] if known else default)


def _wait_for_bootstrap(host: Host, plan: Plan) -> None:
    host.say(
        "[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s",
        "[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap",
    )
    host.wait("timed out waiting for the node to register", lambda: _is_node(host))


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
    Phase("upload-config", _upload_config),
    Phase("mark-control-plane", _mark_control_plane),
    Phase("bootstrap-token", _bootstrap_token),
    Phase("kubelet-finalize", _finalize_kubelet),
    _group(
        "addon",
        "",
        _addon("coredns", "CoreDNS", lambda host, version: coredns(dns_address(host.cluster.service_cidr), version)),
        _addon("kube-proxy", "kube-proxy", lambda host, version: kube_proxy(version, host.vm.address)),
    ),
)

JOIN: tuple[Phase, ...] = (
    Phase("preflight", _join_preflight),
    Phase("kubelet-start", _join_kubelet),
    Phase("kubelet-wait-bootstrap", _wait_for_bootstrap),
)
