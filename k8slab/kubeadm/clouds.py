"""Machines that come and go, and a cloud that a cluster may be attached to.

Left out  a second cloud for one cluster; what a cloud would take to detach
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from k8slab.client import Client
from k8slab.clock import Loop, parse_duration
from k8slab.cloud import CloudControllerManager, cloud_manifests
from k8slab.kubeadm.addresses import SERVICE_CIDR
from k8slab.kubeadm.console import Console
from k8slab.kubeadm.costs import Changes, table_of
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.kubeadm.running import alone
from k8slab.kubeadm.stores import add
from k8slab.kubeadm.versions import VERSION, release_of
from k8slab.objects import cpu_m, is_dns1123_subdomain, size_bytes
from k8slab.wire import ApiError
from k8slab.world import Cloud, Instance, Prices, Vm, World, list_prices

__all__ = [
    "Clouds",
    "checked_cloud",
    "given_besides",
]

Obj = dict[str, Any]

NAME = "cloud-controller-manager"
DEFAULT_REGION = "region-1"


class Clouds:
    """What a cluster can do about its machines."""

    loop: Loop
    world: World
    journal: Journal
    _size: tuple[int, int]
    _built_with: Mapping[str, Any]
    _is_new: bool

    @property
    def _prices(self) -> Prices:
        """The table of prices."""
        raise NotImplementedError

    def client_for(self, user: str, *, vm: Vm | None = None) -> Client:
        """A client in the name of `user`."""
        raise NotImplementedError

    def _set_up(self, vm: Vm, *, labels: Mapping[str, str] | None = None, taints: Iterable[Obj] = ()) -> None:
        raise NotImplementedError

    def _equip(self, vm: Vm) -> None:
        """Put the programs of a node on a machine."""
        raise NotImplementedError

    @property
    def cloud(self) -> Console:
        """The console of the cloud. Raises ValueError when the cluster is attached to none."""
        if self.world.cloud is None:
            raise ValueError('this cluster is attached to no cloud: say Cluster(cloud="…"), or attach_cloud("…")')
        return Console(self, self.world.cloud)

    @alone
    def attach_cloud(
        self,
        name: str,
        region: str = DEFAULT_REGION,
        boot: str | float = "40s",
        cpu_quota: int = 1000,
        balancer_quota: int = 50,
        managed: bool = False,
    ) -> Console:
        """From now on the machines are VMs of a cloud, and a cloud-controller-manager speaks with it.

        Machines that are nodes already keep their Nodes as they are; those that join from now on wait until the cloud
        has told what it knows of them. A `managed` control plane has its own price. Raises ValueError for no name, and
        when there is a cloud already.
        """
        given: Obj = {
            "name": name,
            "region": region,
            "boot": boot,
            "cpu_quota": cpu_quota,
            "balancer_quota": balancer_quota,
            "managed": managed,
        }
        if self.world.cloud is not None:
            raise ValueError(f"this cluster is attached to the cloud {self.world.cloud.name} already")
        cloud = self._open_cloud(**checked_cloud(given))
        for vm in self.world.vms.values():
            cloud.adopt(vm)
        self._install_cloud_manager()
        self.journal.note(self.loop.now, "attach_cloud", **given)
        return self.cloud

    @alone
    def add_node(
        self, name: str, zone: str = "", cpu: str = "", memory: str = "", labels: Mapping[str, str] | None = None
    ) -> None:
        """Set a machine up and have it join; in a cloud it has to boot first.

        Without `cpu` and `memory` it is as large as the others. Raises ValueError, CloudError.
        """
        zone, labels = self._checked_vm(name, zone), dict(labels or {})
        size = self._checked_size(cpu, memory)
        if self.world.cloud is not None:
            self._rent(name, zone, size, labels, joins=True)
        else:
            self._set_up(self.world.create_vm(name, zone, *size), labels=labels)
        self.journal.note(self.loop.now, "add_node", name=name, zone=zone, cpu=cpu, memory=memory, labels=labels)

    @alone
    def add_vm(self, name: str, zone: str = "", cpu: str = "", memory: str = "") -> None:
        """Have one machine more that never joins: it runs, it costs, it is no node. Raises ValueError, CloudError."""
        zone, size = self._checked_vm(name, zone), self._checked_size(cpu, memory)
        if self.world.cloud is not None:
            self._rent(name, zone, size, {}, joins=False)
        else:
            self._equip(self.world.create_vm(name, zone, *size))
        self.journal.note(self.loop.now, "add_vm", name=name, zone=zone, cpu=cpu, memory=memory)

    @alone
    def remove_node(self, name: str) -> None:
        """Give a machine back, and delete its Node if it has one; drain it first, or its pods are lost with it.

        Raises ValueError when there is none of that name, and for the control plane; CloudError.
        """
        vm = self.world.vm(name)
        if name == CONTROL_PLANE:
            raise ValueError("without its control plane this would be no cluster")
        home = self.world.vms.get(CONTROL_PLANE)
        with suppress(ApiError):  # a VM that never joined, or an API server that is down
            self.client_for("kubernetes-admin", vm=home).delete("Node", name)
        if self.world.cloud is not None and name in self.world.cloud.instances:
            self.world.cloud.delete_vm(name)
        else:
            self.world.remove_vm(vm.name)
        self.journal.note(self.loop.now, "remove_node", name=name)

    def _open_cloud(self, name: str, region: str, boot: str | float, managed: bool, **quotas: int) -> Cloud:
        more: Obj = {"boot_s": parse_duration(boot), "managed": CONTROL_PLANE if managed else "", **quotas}
        cloud = Cloud(self.world, name, region, lambda: self._prices, self._booted, **more)
        self.world.cloud = cloud
        self.world.network.behind_balancer = cloud.balancers.nodes_behind
        return cloud

    def _install_cloud_manager(self) -> None:
        """Have the control plane's machine run the cloud-controller-manager, and show it among the pods."""
        home, cloud = self.world.vms.get(CONTROL_PLANE), self.world.cloud
        if home is None or cloud is None or "controllers" not in self._built_with["agents"]:
            return
        client_for = partial(self.client_for, vm=home)
        add(client_for("kubernetes-admin"), cloud_manifests(VERSION), is_new=self._is_new)
        home.install(NAME, lambda scope: CloudControllerManager(client_for, scope, cloud))

    def _booted(self, instance: Instance, vm: Vm) -> None:
        """A VM of the cloud has booted for the first time: if it is to be a node, set it up."""
        if instance.order.joins:
            self._set_up(vm, labels=instance.order.labels, taints=[dict(taint) for taint in instance.order.taints])

    def _rent(self, name: str, zone: str, size: tuple[int, int], labels: Mapping[str, str], *, joins: bool) -> None:
        console = self.cloud
        console.rent(name, self._prices.vm_size_of(*size).name, zone, joins=joins, labels=labels)

    def _checked_vm(self, name: str, zone: str) -> str:
        """The zone. Raises ValueError for a name that a node cannot have, or that is taken."""
        if problems := is_dns1123_subdomain(name):
            raise ValueError(f"{name!r} cannot be the name of a machine: {'; '.join(problems)}")
        if name in self.world.vms:
            raise ValueError(f'there is a VM "{name}" already')
        return zone or str(self._built_with["zones"][0])

    def _checked_size(self, cpu: str, memory: str) -> tuple[int, int]:
        size = cpu_m(cpu) if cpu else self._size[0], size_bytes(memory) if memory else self._size[1]
        if min(size) <= 0:
            raise ValueError(f"a machine without CPU or memory runs nothing: {cpu!r}, {memory!r}")
        return size


def given_besides(
    store: str | None,
    service_cidr: str,
    prices: Changes,
    cloud: str | Mapping[str, Any] | None,
    bare: bool,
    version: str = VERSION,
) -> Obj:
    """What of a cluster is not as usual, as it is written down. Raises ValueError, PriceError, OSError."""
    given: Obj = {"store": store} if store else {}
    if service_cidr != SERVICE_CIDR:
        given["service_cidr"] = service_cidr
    if cloud:
        given["cloud"] = checked_cloud(cloud)
    if prices:
        given["prices"] = table_of(prices).differences(list_prices())
    if bare:
        given["bare"] = True
    if (release := release_of(version).version) != VERSION:
        given["version"] = release
    return given


def checked_cloud(given: str | Mapping[str, Any]) -> dict[str, Any]:
    """What a cloud is opened with: a name alone will do. Raises ValueError."""
    known = {"name": "", "region": DEFAULT_REGION, "boot": "40s", "cpu_quota": 1000, "balancer_quota": 50}
    known["managed"] = False
    wanted = {"name": given} if isinstance(given, str) else dict(given)
    if unknown := [field for field in wanted if field not in known]:
        raise ValueError(f'a cloud has no "{unknown[0]}"; it has: {", ".join(known)}')
    cloud = {**known, **wanted}
    if is_dns1123_subdomain(str(cloud["name"])):
        raise ValueError(f"{cloud['name']!r} is no name for a cloud: lower case letters and digits, such as nimbus")
    parse_duration(cloud["boot"])
    if not isinstance(cloud["managed"], bool):
        raise ValueError(f"a control plane is managed or not: {cloud['managed']!r}")
    for quota in ("cpu_quota", "balancer_quota"):
        if isinstance(cloud[quota], bool) or not isinstance(cloud[quota], int) or cloud[quota] < 0:
            raise ValueError(f"{quota} must be a number that is not negative, not {cloud[quota]!r}")
    return cloud
