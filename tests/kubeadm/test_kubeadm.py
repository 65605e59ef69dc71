"""kubeadm: machines that become a cluster, and machines that become nodes or cease to be some."""

from __future__ import annotations

import re
from functools import cache

import pytest

from k8slab import Cluster

JOIN = re.compile(r"kubeadm (join \S+ --token \S+) \\\n\t(\S+ \S+)")
HOME = "control-plane"


def init(cluster: Cluster) -> str:
    """Make the control plane; the command with which a machine joins."""
    found = JOIN.search(cluster.kubeadm(HOME, "init"))
    assert found is not None
    return f"{found[1]} {found[2]}"


@cache
def joined_history() -> Cluster:
    """A cluster of one worker; take forks of it."""
    cluster = Cluster(nodes=2, bare=True)
    cluster.kubeadm("node-1", init(cluster))
    cluster.settle()
    return cluster


@pytest.fixture
def bare() -> Cluster:
    return Cluster(nodes=1, bare=True)


@pytest.fixture
def joined() -> Cluster:
    return joined_history().fork()


def nodes(cluster: Cluster) -> dict[str, str]:
    """Names of nodes and whether they are ready."""
    listed = cluster.client.list("Node")
    ready = {node["metadata"]["name"]: node["status"]["conditions"] for node in listed}
    return {
        name: next(one["status"] for one in conditions if one["type"] == "Ready") for name, conditions in ready.items()
    }


def test_machines_without_kubernetes_are_no_nodes(bare: Cluster) -> None:
    assert bare.kubectl("get nodes").startswith("The connection to the server 192.168.0.10:6443 was refused")
    assert bare.list_files("node-1") == []
    assert "failed to load kubelet config file" in bare.journalctl("node-1", "kubelet")


def test_init_makes_a_control_plane_of_static_pods_and_addons(bare: Cluster) -> None:
    """Source: kubernetes.io, "Creating a cluster with kubeadm", "Implementation details"."""
    init(bare)
    bare.settle()

    pods = {pod["metadata"]["name"].rpartition("-")[0] for pod in bare.client.list("Pod", "kube-system")}
    assert {"etcd-control", "kube-apiserver-control", "kube-controller-manager-control"} <= pods
    assert nodes(bare) == {HOME: "True"}
    assert bare.client.get("DaemonSet", "kube-proxy", "kube-system")["status"]["numberReady"] == 1
    assert "taints" in bare.client.get("Node", HOME)["spec"]


FILES = """
admin.conf controller-manager.conf kubelet.conf scheduler.conf super-admin.conf
manifests/etcd.yaml manifests/kube-apiserver.yaml manifests/kube-controller-manager.yaml manifests/kube-scheduler.yaml
pki/apiserver-etcd-client.crt pki/apiserver-etcd-client.key pki/apiserver-kubelet-client.crt
pki/apiserver-kubelet-client.key pki/apiserver.crt pki/apiserver.key pki/ca.crt pki/ca.key
pki/etcd/ca.crt pki/etcd/ca.key pki/etcd/healthcheck-client.crt pki/etcd/healthcheck-client.key
pki/etcd/peer.crt pki/etcd/peer.key pki/etcd/server.crt pki/etcd/server.key
pki/front-proxy-ca.crt pki/front-proxy-ca.key pki/front-proxy-client.crt pki/front-proxy-client.key
pki/sa.key pki/sa.pub
"""


@pytest.mark.parametrize("is_bare", [True, False])
def test_the_files_are_those_of_a_real_control_plane(is_bare: bool) -> None:
    """Source: kubernetes.io, "PKI certificates and requirements"; cmd/kubeadm/app/constants."""
    cluster = Cluster(nodes=0, bare=is_bare)
    if is_bare:
        cluster.kubeadm(HOME, "init")

    assert cluster.list_files(HOME) == sorted(f"/etc/kubernetes/{path}" for path in FILES.split())
    assert cluster.list_files(HOME, "/var/lib/kubelet/") == [
        "/var/lib/kubelet/config.yaml",
        "/var/lib/kubelet/kubeadm-flags.env",
    ]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pki/apiserver.crt", "# Subject: CN=kube-apiserver"),
        ("pki/apiserver-kubelet-client.crt", "# Subject: O=kubeadm:cluster-admins, CN=kube-apiserver-kubelet-client"),
        ("pki/etcd/server.crt", "# Issuer: CN=etcd-ca"),
        ("pki/etcd/server.crt", "# Subject Alternative Name: DNS:control-plane, DNS:localhost, "
                                "IP Address:192.168.0.10, IP Address:127.0.0.1, IP Address:::1"),
        ("pki/ca.crt", "# Not After: 2035-12-30T00:00:00Z"),
        ("pki/apiserver.crt", "# Not After: 2027-01-01T00:00:00Z"),
        ("kubelet.conf", "- name: system:node:control-plane"),
        ("scheduler.conf", "    server: https://192.168.0.10:6443"),
    ],
)  # fmt: skip
def test_a_certificate_tells_whose_it_is_and_how_long_it_lasts(path: str, line: str) -> None:
    """Source: cmd/kubeadm/app/phases/certs/certlist.go; a year, and ten for authorities."""
    cluster = Cluster(nodes=0)

    assert line in cluster.read_file(HOME, f"/etc/kubernetes/{path}").splitlines()


def test_phases_can_be_run_one_by_one(bare: Cluster) -> None:
    printed = [
        bare.kubeadm(HOME, f"init phase {phase}") for phase in ("certs ca", "certs apiserver", "kubeconfig admin")
    ]

    assert printed[0] == '[certs] Generating "ca" certificate and key\n'
    assert printed[2] == '[kubeconfig] Writing "admin.conf" kubeconfig file\n'
    names = {path.removeprefix("/etc/kubernetes/") for path in bare.list_files(HOME)}
    assert names == {"admin.conf", "pki/apiserver.crt", "pki/apiserver.key", "pki/ca.crt", "pki/ca.key"}


def test_a_kubeconfig_needs_the_authority_first(bare: Cluster) -> None:
    printed = bare.kubeadm(HOME, "init phase kubeconfig all")

    assert "couldn't create a kubeconfig; the CA files couldn't be loaded from /etc/kubernetes/pki" in printed


def test_a_machine_that_joins_is_a_node_and_runs_pods(joined: Cluster) -> None:
    joined.kubectl("create deployment web --image=nginx --replicas=2")
    joined.kubectl("expose deployment web --port=80")
    joined.settle()

    assert nodes(joined) == {HOME: "True", "node-1": "True"}
    assert joined.request("http://web/", source="node-1").ok


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("join", "discovery: Invalid value: \"\": bootstrapToken or file must be set"),
        ("join 192.168.0.10:6443 --token abcdef.0123456789abcdef", "caCertHashes can be unsafe"),
        ("join 192.168.0.10:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification",
         'could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"'),
        ("join 192.168.0.10:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:00",
         "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys"),
        ("join 192.168.0.99:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification",
         "failed to request the cluster-info ConfigMap"),
    ],
)  # fmt: skip
def test_nobody_joins_without_the_right_words(joined: Cluster, command: str, problem: str) -> None:
    """Source: cmd/kubeadm/app/discovery/token/token.go; .../apis/kubeadm/validation."""
    assert problem in joined.kubeadm("node-2", command)
    assert joined.list_files("node-2") == [] and "node-2" not in nodes(joined)


def test_a_token_with_a_wrong_secret_is_worth_nothing(joined: Cluster) -> None:
    token = joined.kubeadm(HOME, "token create").strip()

    printed = joined.kubeadm(
        "node-2",
        f"join 192.168.0.10:6443 --token {token[:-1]}! --discovery-token-unsafe-skip-ca-verification",
    )

    assert "failed to verify JWS signature of received cluster info object, can't trust this API Server" in printed


def test_a_token_ends(joined: Cluster) -> None:
    """Source: kubernetes.io, "Authenticating with Bootstrap Tokens": the controller TokenCleaner."""
    command = joined.kubeadm(HOME, "token create --ttl 10m --print-join-command")
    before = joined.kubeadm(HOME, "token list").count("\n")

    joined.run("11m")

    assert (before, joined.kubeadm(HOME, "token list").count("\n")) == (3, 2)
    assert "could not find a JWS signature" in joined.kubeadm("node-2", command)


def test_a_token_whose_time_is_over_opens_nothing_though_nobody_has_deleted_it(joined: Cluster) -> None:
    """Source: kubernetes.io, "Authenticating with Bootstrap Tokens": expired tokens are not valid."""
    command = joined.kubeadm(HOME, "token create --ttl 10m --print-join-command")
    joined.stop_daemon(HOME, "kube-controller-manager")

    joined.run("11m")

    assert joined.kubeadm(HOME, "token list").count("\n") == 3
    assert "could not find a JWS signature" in joined.kubeadm("node-2", command)


def test_a_machine_that_is_reset_runs_no_container(joined: Cluster) -> None:
    before = len(joined.world.vm("node-1").runtime.running())

    joined.kubeadm("node-1", "reset --force")

    assert before > 0 and joined.world.vm("node-1").runtime.sandboxes == {}


def test_tokens_are_listed_and_deleted(joined: Cluster) -> None:
    """Source: cmd/kubeadm/app/cmd/token.go."""
    token = joined.kubeadm(HOME, "token create abcdef.0123456789abcdef --ttl 0 --description mine").strip()

    listed = joined.kubeadm(HOME, "token list").splitlines()
    deleted = joined.kubeadm(HOME, "token delete abcdef")

    row = next(line for line in listed if line.startswith(token))
    assert row.split() == [token, "<forever>", "<never>", "authentication,signing", "mine",
                           "system:bootstrappers:kubeadm:default-node-token"]  # fmt: skip
    assert deleted == 'bootstrap token "abcdef" deleted\n'
    assert 'failed to delete bootstrap token "abcdef"' in joined.kubeadm(HOME, "token delete abcdef")


@pytest.mark.parametrize(
    ("name", "command", "problem"),
    [
        (HOME, "init", "[ERROR Port-6443]: Port 6443 is in use"),
        ("node-1", "init", "can only run on control-plane"),
        ("node-1", "join 1:6443 --token a --discovery-token-ca-cert-hash sha256:0",
         "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists"),
        ("node-1", "reset", "pass --force"),
        (HOME, "reset --force", "its control plane cannot be reset"),
        (HOME, "upgrade dance", "invalid choice: 'dance'"),
        (HOME, "init phase dance", "there is no phase 'dance' here; there are: preflight, certs"),
        (HOME, "init --frob", "unrecognized arguments: --frob"),
        (HOME, "token create nonsense", "the bootstrap token is not of the form"),
        (HOME, "token create --ttl soon", "soon"),
        (HOME, "certs renew dance", "there is no certificate 'dance' here"),
        (HOME, "'", "No closing quotation"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_changes_nothing(
    joined: Cluster, name: str, command: str, problem: str
) -> None:
    revision, files = joined.etcd.revision, dict(joined.world.vm(name).files)

    printed = joined.kubeadm(name, command)

    assert problem in printed
    assert (joined.etcd.revision, joined.world.vm(name).files) == (revision, files)


def test_a_machine_that_is_too_small_is_told_so() -> None:
    """Source: cmd/kubeadm/app/preflight/checks.go: 2 CPUs, 1700 MB."""
    cluster = Cluster(nodes=0, cpu="1", memory="1Gi", bare=True)

    printed = cluster.kubeadm(HOME, "init")

    assert "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2" in printed
    assert "[ERROR Mem]: the system RAM (1024 MB) is less than the minimum 1700 MB" in printed
    assert "[WARNING Mem]" in cluster.kubeadm(HOME, "init --ignore-preflight-errors=NumCPU,Mem")


def test_a_machine_that_is_reset_is_no_node_any_more_until_it_joins_again(joined: Cluster) -> None:
    joined.kubeadm("node-1", "reset --force")
    joined.run("1m")
    after_reset, files = nodes(joined), joined.list_files("node-1", "/var/lib/kubelet/")

    joined.kubeadm("node-1", joined.kubeadm(HOME, "token create --print-join-command"))
    joined.run("1m")

    assert (after_reset["node-1"], files) == ("Unknown", [])
    assert nodes(joined)["node-1"] == "True"


def test_a_node_that_has_joined_comes_back_after_a_power_cut(joined: Cluster) -> None:
    joined.fail("node-1")
    joined.run("2m")

    joined.recover("node-1")
    joined.run("1m")

    assert nodes(joined)["node-1"] == "True" and joined.world.vm("node-1").serves("kube-proxy")


def test_certificates_end_and_can_be_renewed(joined: Cluster) -> None:
    """Source: cmd/kubeadm/app/cmd/certs.go."""
    joined.run("1h")

    before = joined.kubeadm(HOME, "certs check-expiration")
    joined.kubeadm(HOME, "certs renew apiserver")

    after = joined.kubeadm(HOME, "certs check-expiration")
    assert re.search(r"(?m)^apiserver +Jan 01, 2027 00:00 UTC +364d +ca +no$", before)
    assert re.search(r"(?m)^apiserver +Jan 01, 2027 01:00 UTC +364d +ca +no$", after)


def test_the_past_of_a_cluster_that_kubeadm_made_can_be_lived_again(joined: Cluster) -> None:
    other = joined.fork()

    assert other.etcd.revision == joined.etcd.revision
    assert other.world.vm("node-1").files.keys() == joined.world.vm("node-1").files.keys()
