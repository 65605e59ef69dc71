"""A cloud: VMs that somebody else has in store, its console, what one may have of it, and its API, which may be down.

A VM that is asked for boots for a while. A stopped one costs nothing but is still there; a deleted one is gone. Quotas
say how much one may have, the capacity of a zone how much there is: of VMs that may be taken back (spot), the newest go
when it shrinks.

Source    the consoles of large clouds: instance states, quota and capacity errors, the notice before a spot VM goes
Left out  images and disks of VMs, accounts and permissions, limits of requests to the API, a price of capacity that
          moves
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from k8slab.world.balancers import Balancers
from k8slab.world.buckets import Bucket
from k8slab.world.cloud_errors import INSUFFICIENT, NOT_FOUND, QUOTA, UNAVAILABLE, CloudError
from k8slab.world.node_groups import NodeGroups
from k8slab.world.prices import Prices, VmSize

if TYPE_CHECKING:
    from k8slab.world.machines import Vm, World

__all__ = [
    "Cloud",
    "Instance",
    "Order",
]

BOOT_S, NOTICE_S = 40.0, 30.0
PENDING, RUNNING, STOPPED = "pending", "running", "stopped"
CPU_QUOTA, BALANCER_QUOTA = 1000, 50
GIB = 1024**3


class Order(NamedTuple):
    """What kind of VM somebody wants. One that `joins` becomes a node of the cluster when it has booted."""

    size: str
    zone: str
    is_spot: bool = False
    joins: bool = True
    group: str = ""
    labels: Mapping[str, str] = {}
    taints: tuple[Mapping[str, str], ...] = ()


class Instance:
    """A VM as the cloud knows it: `state` is pending, running or stopped; `vm` is the machine once it has booted."""

    def __init__(self, number: int, name: str, order: Order, size: VmSize, created_at: float) -> None:
        self.id = f"i-{number:08x}"
        self.name = name
        self.order = order
        self.size = size
        self.created_at = created_at
        self.state = PENDING
        self.vm: Vm | None = None

    def __repr__(self) -> str:
        kind = f"{'spot ' if self.order.is_spot else ''}{self.size.name}"
        return f"<{self.name} ({self.id}), {kind} in {self.order.zone}, {self.state}>"


class Cloud:
    """One region of one cloud. `on_boot` is called with each VM that has booted for the first time.

    The machine `managed` is the cloud's own, a control plane for which it takes a price by the hour.
    """

    def __init__(
        self,
        world: World,
        name: str,
        region: str,
        prices: Callable[[], Prices],
        on_boot: Callable[[Instance, Vm], object] = lambda instance, vm: None,
        *,
        boot_s: float = BOOT_S,
        cpu_quota: int = CPU_QUOTA,
        balancer_quota: int = BALANCER_QUOTA,
        managed: str = "",
    ) -> None:
        self.world = world
        self.name = name
        self.region = region
        self.instances: dict[str, Instance] = {}
        self.boot_s = boot_s
        self.cpu_quota = cpu_quota
        self.managed = managed
        self.capacity: dict[str, int] = {}
        self.outage = ""
        self.balancers = Balancers(self, balancer_quota)
        self.groups = NodeGroups(self)
        self.buckets: dict[str, Bucket] = {}
        self._prices = prices
        self._on_boot = on_boot
        self._count = 0

    def __repr__(self) -> str:
        return f"<Cloud {self.name}, {self.region}: {len(self.instances)} VMs>"

    @property
    def prices(self) -> Prices:
        """What it takes now."""
        return self._prices()

    def check(self) -> None:
        """Raises CloudError while the API is down."""
        if self.outage:
            raise CloudError(UNAVAILABLE, self.outage)

    def provider_id(self, instance: Instance) -> str:
        """By which a Node names its VM."""
        return f"{self.name}:///{instance.order.zone}/{instance.id}"

    def find(self, provider_id: str, name: str) -> Instance | None:
        """The VM that a Node is, by its id or, as long as it has none, by its name. Raises CloudError."""
        self.check()
        if not provider_id:
            return self.instances.get(name)
        found = self.instances.get(name)
        if found is None or self.provider_id(found) != provider_id:
            found = next((one for one in self.instances.values() if self.provider_id(one) == provider_id), None)
        return found

    def create_vm(self, name: str, order: Order) -> Instance:
        """Ask for a VM; it has booted after a while. Raises CloudError, PriceError for an unknown size, ValueError."""
        self.check()
        if name in self.instances or name in self.world.vms:
            raise ValueError(f'there is a VM "{name}" already')
        instance = Instance(self._count + 1, name, order, self.prices.vm_size(order.size), self.world.loop.now)
        self._check_room(order, instance.size)
        self._count += 1
        self.instances[name] = instance
        self.world.loop.call_later(self.boot_s, self._booted, instance)
        return instance

    def adopt(self, vm: Vm, *, joins: bool = True) -> Instance:
        """Take a machine that is there for a VM of this cloud from now on: its price becomes the cloud's."""
        self._count += 1
        size = self.prices.vm_size_of(vm.cpu_m, vm.memory_bytes)
        order = Order(size.name, vm.zone, joins=joins)
        instance = self.instances[vm.name] = Instance(self._count, vm.name, order, size, self.world.loop.now)
        instance.vm, instance.state = vm, RUNNING
        self._charge(instance)
        return instance

    def delete_vm(self, name: str) -> None:
        """Give a VM back: it is gone at once, with all that it had. Raises CloudError."""
        instance = self._instance(name)
        del self.instances[name]
        self.groups.forget(instance)
        if instance.vm is not None:
            self.world.remove_vm(name)

    def stop_vm(self, name: str) -> None:
        """Switch a VM off; it costs nothing until it is started. Nothing when it does not run. Raises CloudError."""
        instance = self._instance(name)
        if instance.state == RUNNING and instance.vm is not None:
            instance.state = STOPPED
            instance.vm.power_off()
            self.world.ledger.vacate(instance.vm)

    def start_vm(self, name: str) -> None:
        """Switch a stopped VM on; it boots for a while. Nothing when it is on. Raises CloudError."""
        instance = self._instance(name)
        if instance.state == STOPPED:
            instance.state = PENDING
            self.world.loop.call_later(self.boot_s, self._booted, instance)

    def set_capacity(self, zone: str, count: int | None) -> None:
        """So many VMs of ours a zone can have (None: any number). What is too much of spot VMs goes, the newest first.

        Raises ValueError for less than none.
        """
        if count is None:
            self.capacity.pop(zone, None)
            return
        if count < 0:
            raise ValueError(f"a zone cannot have {count} VMs")
        self.capacity[zone] = count
        there = self.in_zone(zone)
        surplus = len(there) - count
        for instance in [one for one in reversed(there) if one.order.is_spot][: max(surplus, 0)]:
            self._take_back(instance)

    def create_bucket(self, name: str, storage: str) -> Bucket:
        """Have a place for objects. Raises CloudError, ValueError for a name that is taken or an unknown storage."""
        self.check()
        if name in self.buckets:
            raise ValueError(f'there is a bucket "{name}" already')
        if storage not in self.prices.storage_classes:
            raise ValueError(f'there is no storage "{storage}"; there are: {", ".join(self.prices.storage_classes)}')
        bucket = self.buckets[name] = Bucket(self.world.ledger, name, storage)
        return bucket

    def bucket(self, name: str) -> Bucket:
        """A bucket by its name. Raises CloudError when there is none, or the API is down."""
        self.check()
        found = self.buckets.get(name)
        if found is None:
            text = f'there is no bucket "{name}"; there are: {", ".join(self.buckets) or "none"}'
            raise CloudError(NOT_FOUND, text)
        return found

    def in_zone(self, zone: str) -> list[Instance]:
        """The VMs of a zone that are not stopped, the oldest first."""
        return [one for one in self.instances.values() if one.order.zone == zone and one.state != STOPPED]

    def has_balancer(self, service: str) -> bool:
        """A Service (namespace/name) has a load balancer here, or had one."""
        return service in self.balancers.known

    def _instance(self, name: str) -> Instance:
        self.check()
        found = self.instances.get(name)
        if found is None:
            raise CloudError(NOT_FOUND, f'there is no VM "{name}"; there are: {", ".join(self.instances) or "none"}')
        return found

    def _check_room(self, order: Order, size: VmSize) -> None:
        cpus = sum(one.size.cpu_m for one in self.instances.values()) + size.cpu_m
        if cpus > self.cpu_quota * 1000:
            text = f"{cpus / 1000:g} vCPUs are more than the {self.cpu_quota} that the quota of {self.region} allows"
            raise CloudError(QUOTA, text)
        if len(self.in_zone(order.zone)) >= self.capacity.get(order.zone, len(self.instances) + 1):
            raise CloudError(INSUFFICIENT, f"{order.zone} has no VM of the size {size.name} to spare")

    def _booted(self, instance: Instance) -> None:
        if self.instances.get(instance.name) is not instance:
            return  # deleted meanwhile
        instance.state = RUNNING
        if instance.vm is None:
            size = instance.size
            vm = self.world.create_vm(instance.name, instance.order.zone, size.cpu_m, size.memory_bytes)
            instance.vm = vm
            self._charge(instance)
            self._on_boot(instance, vm)
        else:
            instance.vm.power_on()
            self._charge(instance)

    def _charge(self, instance: Instance) -> None:
        assert instance.vm is not None
        size, order = instance.size, instance.order
        parts: tuple[tuple[str, float], ...] = ((f"vm.{size.name}.hour", 1.0),)
        if size.name.startswith("custom"):
            gib = size.memory_bytes / GIB
            parts = (("custom_vm.cpu_hour", size.cpu_m / 1000), ("custom_vm.gib_hour", gib))
        what = f"{size.name}, spot" if order.is_spot else size.name
        if instance.name == self.managed:
            what, parts = "managed control plane", (("control_plane_hour", 1.0),)
        groups = {"group": order.group} if order.group else {}
        self.world.ledger.occupy(instance.vm, what, parts, is_spot=order.is_spot, **groups)

    def _take_back(self, instance: Instance) -> None:
        """Tell a spot VM that it goes, and take it half a minute later."""
        if instance.vm is not None:
            instance.vm.shut_down(NOTICE_S)
        self.world.loop.call_later(NOTICE_S, self._taken, instance)

    def _taken(self, instance: Instance) -> None:
        if self.instances.get(instance.name) is instance:
            outage, self.outage = self.outage, ""  # the cloud itself needs no API
            self.delete_vm(instance.name)
            self.outage = outage
