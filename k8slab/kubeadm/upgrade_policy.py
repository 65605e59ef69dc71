"""Which versions of what a cluster runs, and to which it may be upgraded.

Source    cmd/kubeadm/app/phases/upgrade/{policy.go,versiongetter.go,compute.go,health.go}; .../cmd/upgrade/plan.go
Left out  other patch releases of a series, release candidates; kubelets that are too old (no release here is that old);
          the Job that upstream runs to see whether the cluster does
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from k8slab.kubeadm.host import Host, KubeadmError
from k8slab.kubeadm.kubeconfigs import KUBERNETES
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.kubeadm.phase import KUBELET_CONF
from k8slab.kubeadm.versions import RELEASES, Release, release_of
from k8slab.objects import get_condition
from k8slab.wire import NotFound

__all__ = [
    "Possible",
    "check_admin",
    "check_health",
    "check_policy",
    "cluster_version",
    "full_version",
    "possible_upgrade",
]

Obj = dict[str, Any]

ADMIN_CONF = f"{KUBERNETES}admin.conf"
SEMANTIC = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
MISSING = """\
[upgrade] In order to upgrade, a ConfigMap called "kubeadm-config" in the kube-system namespace must exist.
[upgrade] Without this information, 'kubeadm upgrade' won't know how to configure your upgraded cluster.
error: the ConfigMap "kubeadm-config" in the kube-system namespace was not found"""
NO_CLIENT = 'error: couldn\'t create a Kubernetes client from file "{0}": {1}open {0}: no such file or directory'
FIX, FORCE = (
    "Please fix the misalignments highlighted above and try upgrading again",
    ("Can be bypassed if you pass the --force flag"),
)


class Possible(NamedTuple):
    """An upgrade that could be made: what there is, by component and node ("": no node's own), and to what."""

    kubelets: list[tuple[str, str]]
    components: list[tuple[str, str, str, str]]
    target: Release


def cluster_version(host: Host) -> str:
    """Of which version kubeadm has made the cluster.

    Raises KubeadmError where nobody may ask for it, and when it is not written down any more.
    """
    if not host.has(KUBELET_CONF):
        raise KubeadmError(NO_CLIENT.format(KUBELET_CONF, ""))
    try:
        found = host.cluster.client.get("ConfigMap", "kubeadm-config", "kube-system")
        return str(yaml.safe_load(found["data"]["ClusterConfiguration"])["kubernetesVersion"])
    except NotFound:
        raise KubeadmError(MISSING) from None
    except (KeyError, TypeError, yaml.YAMLError) as error:
        raise KubeadmError(f"error: couldn't decode the ConfigMap kubeadm-config: {error}") from None


def check_admin(host: Host) -> None:
    """Raises KubeadmError on a machine that has no rights to upgrade a cluster: all but the control plane."""
    if not host.has(ADMIN_CONF):
        raise KubeadmError(NO_CLIENT.format(ADMIN_CONF, "failed to load admin kubeconfig: "))


def check_health(host: Host) -> list[tuple[str, str]]:
    """What stands against an upgrade in the cluster's state: checks and their texts."""
    problems = []
    nodes = {node["metadata"]["name"]: node for node in host.cluster.client.list("Node")}
    home = nodes.get(CONTROL_PLANE)
    ready = get_condition(home, "Ready") if home is not None else None
    if ready is None or ready["status"] != "True":
        text = f"there are NotReady control-planes in the cluster: [{CONTROL_PLANE}]"
        problems.append(("ControlPlaneNodesReady", text))
    names = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    missing = [name for name in names if not host.has(f"/etc/kubernetes/manifests/{name}.yaml")]
    if missing:
        text = f"This control plane is not statically hosted: no manifest of {', '.join(missing)} on this machine"
        problems.append(("StaticPodManifest", text))
    return problems


def full_version(given: str) -> str:
    """A version as kubeadm writes it (`v1.37.0`). Raises KubeadmError for what is none."""
    if SEMANTIC.fullmatch(given) is None:
        patterns = "semantic version nor labels (stable, latest, ...)"
        raise KubeadmError(f'error: version "{given}" doesn\'t match patterns for neither {patterns}')
    return f"v{given.removeprefix('v')}"


def check_policy(host: Host, wanted: str, current: str, *, forced: bool) -> None:
    """Raises KubeadmError for a version that cannot be upgraded to from the current one with this kubeadm."""
    kubeadm = host.version_of("kubeadm")
    host.say(
        f'[upgrade/preflight] You have chosen to upgrade the cluster version to "{wanted}"',
        f"[upgrade/versions] Cluster version: {current}",
        f"[upgrade/versions] kubeadm version: {kubeadm}",
    )
    fatal, skippable = list(_mandatory(wanted, current, kubeadm)), list(_skippable(wanted, kubeadm))
    if fatal:
        raise _refusal("these fatal errors", fatal, FIX)
    if skippable and not forced:
        raise _refusal("these errors", skippable, FORCE)
    if skippable:
        count = f"{len(skippable)} potential version compatibility errors"
        host.say(f"[upgrade/preflight] Found {count} but skipping since the --force flag is set: ", "", *skippable)


def _refusal(what: str, problems: list[str], advice: str) -> KubeadmError:
    start = f"error: error execution phase preflight: the version argument is invalid due to {what}:"
    return KubeadmError("\n".join((start, "", *problems, "", advice)))


def _mandatory(wanted: str, current: str, kubeadm: str) -> Iterator[str]:
    new, old, own = _minor(wanted), _minor(current), _minor(kubeadm)
    say = f'\t- Specified version to {{}} "{wanted}" is '.format
    if new > old + 1:
        yield f"{say('upgrade to')}too high; kubeadm can upgrade only 1 minor version at a time"
    if new < old - 1:
        yield f"{say('downgrade to')}too low; kubeadm can downgrade only 1 minor version at a time"
    if new > own:
        skew = f"at least one minor release higher than the kubeadm minor release ({new} > {own})"
        yield f"{say('upgrade to')}{skew}. Such an upgrade is not supported"


def _skippable(wanted: str, kubeadm: str) -> Iterator[str]:
    new, own = _minor(wanted), _minor(kubeadm)
    if new == own and _numbers(wanted) > _numbers(kubeadm):
        higher = f'Specified version to upgrade to "{wanted}" is higher than the kubeadm version "{kubeadm}"'
        yield f"\t- {higher}. Upgrade kubeadm first using the tool you used to install kubeadm"
    if own > new:
        yield f"\t- Kubeadm version {kubeadm} can only be used to upgrade to Kubernetes version 1.{own}"


def possible_upgrade(host: Host, current: str) -> Possible | None:
    """The upgrade that this kubeadm could make, None when the cluster is as new as it."""
    target = max(release for release in RELEASES if release.minor == _minor(host.version_of("kubeadm")))
    if _numbers(target.version) <= _numbers(current):
        return None
    nodes = host.cluster.client.list("Node")
    kubelets = [(node["metadata"]["name"], node["status"]["nodeInfo"]["kubeletVersion"]) for node in nodes]
    return Possible(kubelets, list(_components(host, current, target)), target)


def _components(host: Host, current: str, target: Release) -> Iterator[tuple[str, str, str, str]]:
    pods = host.cluster.client.list("Pod", "kube-system", labels="tier=control-plane")
    static = {pod["metadata"]["labels"].get("component", ""): pod["spec"]["containers"][0]["image"] for pod in pods}
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        yield name, host.name, _tag(static.get(name, "")) or current, target.version
    yield "kube-proxy", "", current.removeprefix("v"), target.version
    yield "CoreDNS", "", _tag(_coredns_image(host)) or release_of(current).coredns, target.coredns
    yield "etcd", host.name, _tag(static.get("etcd", "")) or release_of(current).etcd, target.etcd


def _coredns_image(host: Host) -> str:
    try:
        found = host.cluster.client.get("Deployment", "coredns", "kube-system")
    except NotFound:
        return ""
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def _tag(image: str) -> str:
    return image.rpartition(":")[2]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))


def _minor(version: str) -> int:
    return _numbers(version)[1]
