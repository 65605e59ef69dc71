"""`kubeadm upgrade plan`, `apply` and `node`: a cluster, and the machines of it, one release further.

    plan            say what could be upgraded to what
    apply VERSION   upgrade the control plane's pods, one after another, and the add-ons
    node            take over the settings of the upgraded cluster on a machine that is not upgraded yet

The kubelets are no business of kubeadm's: a machine gets a new one by `install_package`, which runs
from its next start on.

Source    cmd/kubeadm/app/cmd/upgrade/{plan,apply,node}.go, .../cmd/phases/upgrade, .../phases/upgrade
Left out  diff, --config, --patches, --dry-run, single phases; warnings about temporary folders; a copy of etcd's data
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from k8slab.kubeadm.host import Host, KubeadmError
from k8slab.kubeadm.manifests import static_manifests
from k8slab.kubeadm.phase import Plan, checked
from k8slab.kubeadm.phases import ADDONS, POLICY_LINES, upload_config
from k8slab.kubeadm.settings import KUBELET_CONFIG, kubelet_config_of
from k8slab.kubeadm.static_upgrade import TIMEOUT, upgrade_control_plane
from k8slab.kubeadm.tables import table
from k8slab.kubeadm.upgrade_policy import (
    Possible,
    check_admin,
    check_health,
    check_policy,
    cluster_version,
    full_version,
    possible_upgrade,
)
from k8slab.kubeadm.versions import release_of

__all__ = ["apply_upgrade", "plan_upgrade", "upgrade_node"]

READS = 'Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...'
WRITES = "Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it."
PULLS = (
    "Pulling images required for setting up a Kubernetes cluster",
    "This might take a minute or two, depending on the speed of your internet connection",
    "You can also perform this action beforehand using 'kubeadm config images pull'",
)
MANUALLY = (
    "Components that must be upgraded manually after you have upgraded the control plane with 'kubeadm upgrade apply':"
)
RULE = "_" * 69
STATES = """
The table below shows the current state of component configs as understood by this version of kubeadm.
Configs that have a "yes" mark in the "MANUAL UPGRADE REQUIRED" column require manual config upgrade or
resetting to kubeadm defaults before a successful upgrade can be performed. The version to manually
upgrade to is denoted in the "PREFERRED VERSION" column.
"""
CONFIGS = (
    ("API GROUP", "CURRENT VERSION", "PREFERRED VERSION", "MANUAL UPGRADE REQUIRED"),
    ("kubeproxy.config.k8s.io", "v1alpha1", "v1alpha1", "no"),
    ("kubelet.config.k8s.io", "v1beta1", "v1beta1", "no"),
)


def plan_upgrade(host: Host, options: argparse.Namespace) -> None:
    """Say to what the cluster could be upgraded with this kubeadm. Raises KubeadmError."""
    check_admin(host)
    host.say("[preflight] Running pre-flight checks.", f"[upgrade/config] {READS}", f"[upgrade/config] {WRITES}")
    current = cluster_version(host)
    host.say("[upgrade] Running cluster health checks")
    checked(host, options.ignore_preflight_errors, check_health(host))
    kubeadm = host.version_of("kubeadm")
    series = release_of(current)
    host.say(
        "[upgrade] Fetching available versions to upgrade to",
        f"[upgrade/versions] Cluster version: {current.removeprefix('v')}",
        f"[upgrade/versions] kubeadm version: {kubeadm}",
        f"[upgrade/versions] Target version: {release_of(kubeadm).version}",
        f"[upgrade/versions] Latest version in the v1.{series.minor} series: {series.version}",
        "",
    )
    found = possible_upgrade(host, current)
    host.say(*_possible(found) if found else ("Awesome, you're up-to-date! Enjoy!",))
    host.say(*STATES.splitlines(), "", *table(CONFIGS), RULE, "")


def _possible(found: Possible) -> list[str]:
    version = found.target.version
    kubelets = [("kubelet", *each, version) for each in found.kubelets]
    head = ("COMPONENT", "NODE", "CURRENT", "TARGET")
    return [
        MANUALLY,
        *table([head, *kubelets]),
        "",
        "Upgrade to the latest stable version:",
        "",
        *table([head, *found.components]),
        "",
        "You can now apply the upgrade by executing the following command:",
        "",
        f"\tkubeadm upgrade apply {version}",
        "",
        RULE,
        "",
    ]


def apply_upgrade(host: Host, options: argparse.Namespace) -> None:
    """Upgrade the cluster to a version. Raises KubeadmError when that cannot be, or has failed."""
    if not options.version:
        raise KubeadmError("error: missing one or more required arguments. Required arguments: [version]")
    version = full_version(options.version)
    check_admin(host)
    host.say(f"[upgrade] {READS}", f"[upgrade] {WRITES}")
    current = cluster_version(host)
    host.say("[upgrade/preflight] Running preflight checks", "[upgrade] Running cluster health checks")
    checked(host, options.ignore_preflight_errors, check_health(host))
    check_policy(host, version, current, forced=options.force)
    if not (options.yes or options.force):
        host.say("[upgrade] Are you sure you want to proceed? [y/N]: ")
        raise KubeadmError(
            "error: error execution phase preflight: won't proceed; the user didn't answer (Y|y) in order to continue"
        )
    host.say(*(f"[upgrade/preflight] {line}" for line in PULLS))
    _check_images(version)
    _control_plane(host, version, "control plane")
    upload_config(host, Plan(version=version))
    host.say("[upgrade/kubeconfig] The kubeconfig files for this node were successfully upgraded!")
    _kubelet_config(host)
    host.say("[upgrade/bootstrap-token] Configuring bootstrap token and cluster-info RBAC rules", *POLICY_LINES)
    _addons(host, version)
    host.say(
        "",
        f'[upgrade] SUCCESS! A control plane node of your cluster was upgraded to "{version}".',
        "",
        "[upgrade] Now please proceed with upgrading the rest of the nodes by following the right order.",
    )


def upgrade_node(host: Host, options: argparse.Namespace) -> None:
    """Take over the settings of the cluster, as it is upgraded, on this machine. Raises KubeadmError."""
    version = cluster_version(host)
    host.say(f"[upgrade] {READS}", f"[upgrade] {WRITES}", "[upgrade/preflight] Running pre-flight checks")
    if not host.has("/etc/kubernetes/manifests/kube-apiserver.yaml"):
        host.say(
            "[upgrade/preflight] Skipping prepull. Not a control plane node.",
            "[upgrade/control-plane] Skipping phase. Not a control plane node.",
            "[upgrade/kubeconfig] Skipping phase. Not a control plane node.",
        )
        _kubelet_config(host)
        names = ("coredns", "kube-proxy")
        host.say(*(f"[upgrade/addon] Skipping the addon/{name} phase. Not a control plane node." for name in names))
        return
    host.say(*(f"[upgrade/preflight] {line}" for line in PULLS))
    _control_plane(host, version, "control plane instance")
    host.say("[upgrade/kubeconfig] The kubeconfig files for this node were successfully upgraded!")
    _kubelet_config(host)
    _addons(host, version)


def _check_images(version: str) -> None:
    try:
        release_of(version)
    except ValueError:
        image = f"registry.k8s.io/kube-apiserver:{version}"
        raise KubeadmError(
            "error: error execution phase preflight: [preflight] Some fatal errors occurred:\n"
            f"\t[ERROR ImagePull]: failed to pull image {image}: {image}: not found\n"
            "[preflight] If you know what you are doing, you can make a check non-fatal with "
            "`--ignore-preflight-errors=...`"
        ) from None


def _control_plane(host: Host, version: str, what: str) -> None:
    host.say(
        f'[upgrade/control-plane] Upgrading your static Pod-hosted {what} to version "{version}" '
        f"(timeout: {TIMEOUT})..."
    )
    upgrade_control_plane(host, static_manifests(host.vm.address, version))
    host.say("[upgrade/control-plane] The control plane instance for this node was successfully upgraded!")


def _kubelet_config(host: Host) -> None:
    """Write the kubelet's settings as the cluster has them; the kubelet that runs reads them when it is started."""
    moment = datetime.fromtimestamp(host.now, UTC).strftime("%Y-%m-%d-%H-%M-%S")
    backup = f"/etc/kubernetes/tmp/kubeadm-kubelet-config-{moment}/config.yaml"
    found = host.cluster.client.get("ConfigMap", "kubelet-config", "kube-system")
    host.say(f"[upgrade] Backing up kubelet config file to {backup}")
    host.write({backup: host.read(KUBELET_CONFIG), KUBELET_CONFIG: kubelet_config_of(found)})
    host.say(
        f'[kubelet-start] Writing kubelet configuration to file "{KUBELET_CONFIG}"',
        "[upgrade/kubelet-config] The kubelet configuration for this node was successfully upgraded!",
    )


def _addons(host: Host, version: str) -> None:
    for addon in ADDONS:
        addon.run(host, Plan(version=version))
