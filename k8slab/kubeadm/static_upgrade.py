"""The control plane's static pods, each replaced by one of another release: etcd first, then who speaks with it.

A manifest is moved aside and the new one put in its place; the kubelet does the rest. When that does not happen in
time, the old manifests are put back (that of etcd only when it was etcd that did not come).

Source    cmd/kubeadm/app/phases/upgrade/staticpods.go (PerformStaticPodUpgrade); .../phases/certs/renewal/manager.go
Left out  a copy of etcd's data, and going back to it
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from k8slab.kubeadm.host import Host, KubeadmError
from k8slab.kubeadm.kubeconfigs import KUBERNETES, kubeconfig_file
from k8slab.kubeadm.pki import CERTIFICATES, certificate_files
from k8slab.kubelet import MANIFEST_FOLDER
from k8slab.wire import ApiError

__all__ = ["TIMEOUT", "upgrade_control_plane"]

TIMEOUT, TIMEOUT_S = "5m0s", 300.0
RENEWED = {  # what a component's upgrade renews: a certificate's path, or a kubeconfig
    "etcd": ("etcd/server", "etcd/peer", "etcd/healthcheck-client"),
    "kube-apiserver": ("apiserver", "apiserver-kubelet-client", "front-proxy-client", "apiserver-etcd-client"),
    "kube-controller-manager": ("controller-manager.conf",),
    "kube-scheduler": ("scheduler.conf",),
}
HASH = "kubernetes.io/config.hash"


def upgrade_control_plane(host: Host, manifests: Mapping[str, str]) -> None:
    """Put these manifests in the place of those that there are, one after another. Raises KubeadmError."""
    moment = datetime.fromtimestamp(host.now, UTC).strftime("%Y-%m-%d-%H-%M-%S")
    folder = f"{KUBERNETES}tmp/kubeadm-backup-manifests-{moment}/"
    new = f"{KUBERNETES}tmp/kubeadm-upgraded-manifests{int(host.now) % 10**10}"
    host.say(f'[upgrade/staticpods] Writing new Static Pod manifests to "{new}"')
    replaced: dict[str, str] = {}
    for name in RENEWED:
        path = f"{MANIFEST_FOLDER}{name}.yaml"
        try:
            _upgrade(host, name, path, manifests[path], f"{folder}{name}.yaml", replaced)
        except _Late as error:
            host.write({put: old for put, old in replaced.items() if name == "etcd" or "/etcd." not in put})
            raise KubeadmError(
                "error: error execution phase control-plane: couldn't complete the static pod upgrade: couldn't "
                "upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: "
                f"{error}"
            ) from None


class _Late(Exception):
    """The kubelet has not done in time what it was to do."""


def _upgrade(host: Host, name: str, path: str, manifest: str, backup: str, replaced: dict[str, str]) -> None:
    host.say(f'[upgrade/staticpods] Preparing for "{name}" upgrade')
    if not host.has(path):
        raise KubeadmError(f"error: open {path}: no such file or directory")
    old, before = host.read(path), _hash(host, name)
    is_etcd = name == "etcd"
    if old == manifest and not is_etcd:
        host.say(f"[upgrade/staticpods] Current and new manifests of {name} are equal, skipping upgrade")
        return
    _renew(host, name)
    replaced[path] = old
    host.write({backup: old})
    if old == manifest:
        host.say(f'[upgrade/staticpods] Restarting the {name} static pod and backing up its manifest to "{backup}"')
        host.remove_below(path)
        _wait(host, name, lambda: not host.vm.serves(name))
    else:
        moves = f'Moving new manifest to "{path}" and backing up old manifest to "{backup}"'
        host.say(f"[upgrade/staticpods] {moves}")
    host.write({path: manifest})
    host.say(
        "[upgrade/staticpods] Waiting for the kubelet to restart the component",
        f"[upgrade/staticpods] This can take up to {TIMEOUT}",
    )
    _wait(host, name, lambda: _is_there(host, name, before if old != manifest else ""))
    host.say(
        f"[apiclient] Found 1 Pods for label selector component={name}",
        f'[upgrade/staticpods] Component "{name}" upgraded successfully!',
    )
    if is_etcd:
        host.say("[upgrade/etcd] Waiting for etcd to become available")


def _renew(host: Host, name: str) -> None:
    for one in RENEWED[name]:
        host.say(f"[upgrade/staticpods] Renewing {one.replace('/', '-')} certificate")
        if one.endswith(".conf"):
            host.write({KUBERNETES + one: kubeconfig_file(one, host.machine, host.vm.address)})
        else:
            host.write(certificate_files(next(each for each in CERTIFICATES if each.path == one), host.machine))


def _wait(host: Host, name: str, is_there: object) -> None:
    """Raises _Late."""
    try:
        host.wait(f"static Pod {name} on Node {host.name} did not change", is_there, TIMEOUT_S)
    except KubeadmError as error:
        raise _Late(error) from None


def _hash(host: Host, name: str) -> str:
    """What the mirror pod says of its manifest; "" when nobody can be asked, or there is none."""
    try:
        pod = host.cluster.client.get("Pod", f"{name}-{host.name}", "kube-system")
    except ApiError:
        return ""
    return str((pod["metadata"].get("annotations") or {}).get(HASH, ""))


def _is_there(host: Host, name: str, before: str) -> bool:
    """Another pod than before is known, runs, and has its program do its work."""
    if not (host.vm.serves(name) and host.is_healthy()):
        return False
    found = _hash(host, name)
    return bool(found) and found != before
