"""What the phases of kubeadm's commands have in common.

Source    cmd/kubeadm/app/cmd/phases/workflow; .../preflight/checks.go (RunChecks); .../phases/kubelet
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from k8slab.kubeadm.host import Host, KubeadmError
from k8slab.kubeadm.kubeconfigs import KUBERNETES
from k8slab.kubeadm.settings import KUBELET_CONFIG, KUBELET_FLAGS, kubelet_files
from k8slab.kubeadm.versions import VERSION
from k8slab.wire import ApiError

__all__ = [
    "KUBELET_CONF",
    "Phase",
    "Plan",
    "checked",
    "is_node",
    "there_already",
    "write_kubelet_files",
]

TOKEN_TTL_S = 24 * 3600.0
KUBELET_CONF = f"{KUBERNETES}kubelet.conf"


class Plan(NamedTuple):
    """What a run was asked for: the token (made if ""), its time to live, the checks that may fail, the API's place.

    `version` is the release that the cluster is to be of.
    """

    token: str = ""
    ttl_s: float | None = TOKEN_TTL_S
    ignored: str = ""
    api_address: str = ""
    ca_hash: str = ""
    skips_ca: bool = False
    version: str = VERSION


class Phase(NamedTuple):
    """A phase, the phases it consists of, and what it does."""

    name: str
    run: Callable[[Host, Plan], None]
    parts: tuple[Phase, ...] = ()


def checked(host: Host, ignored: str, problems: Sequence[tuple[str, str]]) -> None:
    """Raises KubeadmError with the problems (check, text) that may not be ignored (`NumCPU,Mem`, or `all`)."""
    names, fatal = ignored.lower().split(","), []
    for name, problem in problems:
        if name.lower() in names or "all" in names:
            host.say(f"\t[WARNING {name}]: {problem}")
        else:
            fatal.append(f"\t[ERROR {name}]: {problem}")
    if fatal:
        raise KubeadmError(
            "error execution phase preflight: [preflight] Some fatal errors occurred:\n" + "\n".join(fatal) +
            "\n[preflight] If you know what you are doing, you can make a check non-fatal with "
            "`--ignore-preflight-errors=...`"
        )  # fmt: skip


def there_already(host: Host, *paths: str) -> list[tuple[str, str]]:
    """A problem for each of these files that is there."""
    return [(f"FileAvailable-{path.replace('/', '-')}", f"{path} already exists") for path in paths if host.has(path)]


def is_node(host: Host) -> bool:
    """The machine is known as a Node."""
    try:
        host.cluster.client.get("Node", host.name)
    except ApiError:
        return False
    return True


def write_kubelet_files(host: Host, config: str) -> None:
    """Write what the kubelet reads when it starts, and start it."""
    host.write(kubelet_files(config, host.vm.address))
    host.say(
        f'[kubelet-start] Writing kubelet environment file with flags to file "{KUBELET_FLAGS}"',
        f'[kubelet-start] Writing kubelet configuration to file "{KUBELET_CONFIG}"',
        "[kubelet-start] Starting the kubelet",
    )
    host.restart("kubelet")
    if "kube-proxy" in host.vm.at_boot:  # a daemon here; where it is a DaemonSet its pod starts it
        host.restart("kube-proxy")
