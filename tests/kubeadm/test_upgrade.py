"""kubeadm upgrade: a cluster one release further, its control plane first, then machine after machine."""

from __future__ import annotations

from functools import cache

import pytest

from k8slab import Cluster
from k8slab.kubeadm.versions import LATEST, RELEASES, release_of
from k8slab.kubelet.node_status import KUBELET_VERSION
from k8slab.wire import Request

HOME = "control-plane"
OF_THE_VERSION = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
OLD, NEW = RELEASES[-2].version, LATEST.version


@cache
def old_history() -> Cluster:
    """A cluster of the release before, with the newest kubeadm on its control plane; take forks of it."""
    cluster = Cluster(nodes=1, version=OLD)
    cluster.install_package(HOME, "kubeadm", NEW)
    return cluster


@cache
def upgraded_history() -> Cluster:
    """The same, with the control plane upgraded."""
    cluster = old_history().fork()
    cluster.kubeadm(HOME, f"upgrade apply {NEW} -y")
    cluster.settle()
    return cluster


@pytest.fixture
def old() -> Cluster:
    return old_history().fork()


@pytest.fixture
def upgraded() -> Cluster:
    return upgraded_history().fork()


def images(cluster: Cluster) -> dict[str, set[str]]:
    """Of which versions the containers of the system run, by their names."""
    found: dict[str, set[str]] = {}
    for pod in cluster.client.list("Pod", "kube-system"):
        container = pod["spec"]["containers"][0]
        found.setdefault(container["name"], set()).add(container["image"].rpartition(":")[2])
    return found


def kubelets(cluster: Cluster) -> list[str]:
    return [node["status"]["nodeInfo"]["kubeletVersion"] for node in cluster.client.list("Node")]


def server_version(cluster: Cluster) -> str:
    """What `kubectl version` tells of the server."""
    answer = cluster.handle(Request("get", path="/version", user="kubernetes-admin"))
    return str(answer.body["gitVersion"])


@pytest.mark.parametrize("release", RELEASES)
def test_a_cluster_is_of_the_release_that_it_is_told(release: object) -> None:
    version, etcd, coredns = release  # type: ignore[misc]

    cluster = Cluster(nodes=1, version=version.rpartition(".")[0])

    assert images(cluster) == {**{name: {version} for name in OF_THE_VERSION}, "etcd": {etcd}, "coredns": {coredns}}
    assert kubelets(cluster) == [version] * 2 and server_version(cluster) == version


def test_the_newest_release_is_that_of_the_kubelet_alone() -> None:
    assert LATEST.version == KUBELET_VERSION


def test_a_release_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no Kubernetes '1.20' here; there are: v1.35.9, v1.36.5, v1.37.0"):
        Cluster(version="1.20")


PLAN = """
Upgrade to the latest stable version:

COMPONENT                 NODE            CURRENT   TARGET
kube-apiserver            control-plane   v1.36.5   v1.37.0
kube-controller-manager   control-plane   v1.36.5   v1.37.0
kube-scheduler            control-plane   v1.36.5   v1.37.0
kube-proxy                                1.36.5    v1.37.0
CoreDNS                                   v1.14.2   v1.14.6
etcd                      control-plane   3.6.8-0   3.7.0-0

You can now apply the upgrade by executing the following command:

	kubeadm upgrade apply v1.37.0
"""


def test_a_plan_tells_what_could_be_upgraded_to_what(old: Cluster) -> None:
    """Source: what kubeadm v1.36 prints; cmd/kubeadm/app/cmd/upgrade/plan.go."""
    planned = old.kubeadm(HOME, "upgrade plan")

    assert PLAN in planned
    assert "kubelet     node-1          v1.36.5   v1.37.0\n" in planned
    assert "[upgrade/versions] Cluster version: 1.36.5\n[upgrade/versions] kubeadm version: v1.37.0\n" in planned


def test_there_is_nothing_to_plan_for_the_newest(upgraded: Cluster) -> None:
    assert "Awesome, you're up-to-date! Enjoy!" in upgraded.kubeadm(HOME, "upgrade plan")


def test_the_control_plane_is_upgraded_one_component_after_another(old: Cluster) -> None:
    """Source: what kubeadm v1.36 prints; cmd/kubeadm/app/phases/upgrade/staticpods.go."""
    printed = old.kubeadm(HOME, f"upgrade apply {NEW} -y").splitlines()

    done = [line.split('"')[1] for line in printed if line.endswith("upgraded successfully!") and '"' in line]
    assert done == ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
    assert printed[-3] == f'[upgrade] SUCCESS! A control plane node of your cluster was upgraded to "{NEW}".'


def test_after_it_all_pods_of_the_system_are_new_and_the_kubelets_old(upgraded: Cluster) -> None:
    """Source: kubernetes.io, "Upgrading kubeadm clusters": kubelets are upgraded by hand."""
    own = {name: {NEW} for name in OF_THE_VERSION}

    assert images(upgraded) == {**own, "etcd": {LATEST.etcd}, "coredns": {LATEST.coredns}}
    assert server_version(upgraded) == NEW and kubelets(upgraded) == [OLD, OLD]
    assert f"kubernetesVersion: {NEW}" in upgraded.kubectl("get cm kubeadm-config -n kube-system -o yaml")


def test_the_old_manifests_are_kept(upgraded: Cluster) -> None:
    kept = upgraded.list_files(HOME, "/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-01-01-00-00-")

    names = [path.rpartition("/")[2] for path in kept]
    assert names == ["etcd.yaml", "kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml"]
    assert OLD in upgraded.read_file(HOME, kept[1]) and NEW not in upgraded.read_file(HOME, kept[1])


def test_the_certificates_are_renewed(old: Cluster) -> None:
    """Source: kubernetes.io, "Certificate Management with kubeadm": automatic renewal."""
    old.run("2h")

    old.kubeadm(HOME, f"upgrade apply {NEW} -y")

    rows = old.kubeadm(HOME, "certs check-expiration").splitlines()
    ends = {row.split()[0]: row.split()[4] for row in rows if " 2027 " in row}
    assert {ends[name] for name in ("apiserver", "etcd-server", "scheduler.conf")} == {"02:00"}
    assert ends["admin.conf"] == "00:00"


def test_what_runs_runs_on_and_is_served(old: Cluster) -> None:
    old.kubectl("create deployment web --image=nginx --replicas=2")
    old.kubectl("expose deployment web --port=80")
    old.settle()
    before = {pod["metadata"]["uid"] for pod in old.client.list("Pod", "default")}

    old.kubeadm(HOME, f"upgrade apply {NEW} -y")
    old.settle()

    assert {pod["metadata"]["uid"] for pod in old.client.list("Pod", "default")} == before
    assert old.request("http://web/", source="node-1").ok


def test_a_kubelet_is_new_when_it_is_started_anew(upgraded: Cluster) -> None:
    """Source: kubernetes.io, "Upgrading Linux nodes"."""
    printed = upgraded.kubeadm("node-1", "upgrade node")
    upgraded.install_package("node-1", "kubelet", NEW)
    before = kubelets(upgraded)

    upgraded.stop_daemon("node-1", "kubelet")
    upgraded.start_daemon("node-1", "kubelet")
    upgraded.run("10s")

    assert "[upgrade/control-plane] Skipping phase. Not a control plane node.\n" in printed
    assert (before, kubelets(upgraded)) == ([OLD, OLD], [OLD, NEW])


def test_a_machine_that_comes_later_is_as_new_as_the_control_plane(upgraded: Cluster) -> None:
    upgraded.add_node("node-2")
    upgraded.run("30s")

    assert kubelets(upgraded) == [OLD, OLD, NEW]


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("apply v1.38.0 -y", 'Specified version to upgrade to "v1.38.0" is at least one minor release higher than the '
                             "kubeadm minor release (38 > 37). Such an upgrade is not supported"),
        ("apply v1.38.0 -y", "is too high; kubeadm can upgrade only 1 minor version at a time"),
        ("apply v1.34.0 -y", "is too low; kubeadm can downgrade only 1 minor version at a time"),
        ("apply v1.37.5 -y", "Upgrade kubeadm first using the tool you used to install kubeadm"),
        ("apply v1.37.5 -f", "[ERROR ImagePull]: failed to pull image registry.k8s.io/kube-apiserver:v1.37.5"),
        ("apply v1.36.5 -y", "Kubeadm version v1.37.0 can only be used to upgrade to Kubernetes version 1.37"),
        ("apply v1.37.0", "won't proceed; the user didn't answer (Y|y) in order to continue"),
        ("apply", "missing one or more required arguments. Required arguments: [version]"),
        ("apply dance -y", 'version "dance" doesn\'t match patterns for neither semantic version nor labels'),
        ("dance", "invalid choice: 'dance'"),
    ],
)  # fmt: skip
def test_what_cannot_be_upgraded_is_refused_and_changes_nothing(old: Cluster, command: str, problem: str) -> None:
    """Source: cmd/kubeadm/app/phases/upgrade/policy.go; kubernetes.io, "Version Skew Policy"."""
    revision, files = old.etcd.revision, dict(old.world.vm(HOME).files)

    printed = old.kubeadm(HOME, f"upgrade {command}")

    assert problem in printed
    assert (old.etcd.revision, old.world.vm(HOME).files) == (revision, files)


@pytest.mark.parametrize(
    ("command", "file"), [("plan", "admin.conf"), (f"apply {NEW} -y", "admin.conf"), ("node", "kubelet.conf")]
)
def test_a_machine_that_may_not_upgrade_is_told_so(command: str, file: str) -> None:
    """Source: cmd/kubeadm/app/util/kubeconfig (ClientSetFromFile)."""
    bare = Cluster(nodes=1, bare=True)

    printed = bare.kubeadm("node-1", f"upgrade {command}")

    assert f'error: couldn\'t create a Kubernetes client from file "/etc/kubernetes/{file}"' in printed
    assert "no such file or directory" in printed


def test_a_cluster_that_kubeadm_does_not_know_is_not_upgraded(old: Cluster) -> None:
    """Source: cmd/kubeadm/app/cmd/upgrade/common.go."""
    old.client.delete("ConfigMap", "kubeadm-config", "kube-system")

    printed = old.kubeadm(HOME, f"upgrade apply {NEW} -y")

    assert 'error: the ConfigMap "kubeadm-config" in the kube-system namespace was not found' in printed
    assert server_version(old) == OLD


def test_a_release_cannot_be_left_out() -> None:
    """Source: kubernetes.io, "Version Skew Policy": skipping minor versions is unsupported."""
    cluster = Cluster(nodes=0, version="v1.35")
    cluster.install_package(HOME, "kubeadm", NEW)

    printed = cluster.kubeadm(HOME, f"upgrade apply {NEW} -y")

    assert "is too high; kubeadm can upgrade only 1 minor version at a time" in printed
    assert server_version(cluster) == "v1.35.9"


def test_a_control_plane_that_is_not_ready_is_not_upgraded(old: Cluster) -> None:
    """Source: cmd/kubeadm/app/phases/upgrade/health.go."""
    old.stop_daemon(HOME, "kubelet")
    old.run("2m")

    printed = old.kubeadm(HOME, f"upgrade apply {NEW} -y")

    assert (
        "[ERROR ControlPlaneNodesReady]: there are NotReady control-planes in the cluster: [control-plane]" in printed
    )


def test_what_the_kubelet_does_not_start_in_time_is_taken_back(old: Cluster) -> None:
    """Source: .../phases/upgrade/staticpods.go (rollbackOldManifests)."""
    manifest = old.read_file(HOME, "/etc/kubernetes/manifests/etcd.yaml")
    old.stop_daemon(HOME, "kubelet")

    printed = old.kubeadm(HOME, f"upgrade apply {NEW} -y")

    assert "kubeadm has tried to recover everything into the earlier state" in printed
    assert old.read_file(HOME, "/etc/kubernetes/manifests/etcd.yaml") == manifest


def test_a_kubelet_that_is_newer_than_the_cluster_to_be_is_refused() -> None:
    """Source: cmd/kubeadm/app/preflight/checks.go (KubeletVersionCheck)."""
    cluster = Cluster(nodes=0, bare=True)

    printed = cluster.kubeadm(HOME, "init --kubernetes-version v1.36")
    cluster.install_package(HOME, "kubelet", "v1.36")
    cluster.kubeadm(HOME, "init --kubernetes-version v1.36")

    assert "[ERROR KubeletVersion]: the kubelet version is higher than the control plane version" in printed
    assert server_version(cluster) == release_of("1.36").version and kubelets(cluster) == [OLD]


@pytest.mark.parametrize(
    ("package", "version", "problem"),
    [("kubelet", "v1.20", "there is no Kubernetes"), ("docker", NEW, "there is no package 'docker' here")],
)
def test_a_package_that_there_is_not_is_refused(old: Cluster, package: str, version: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        old.install_package("node-1", package, version)


def test_an_upgrade_is_kept_in_a_file(upgraded: Cluster, tmp_path: object) -> None:
    path = f"{tmp_path}/cluster.jsonl"
    upgraded.save(path)

    again = Cluster.load(path)

    assert again.etcd.revision == upgraded.etcd.revision and images(again) == images(upgraded)
