"""The console of a cloud: what a person clicks there, each click written down.

`outage` lasts until it is ended; meanwhile everything else here, and every controller that asks the cloud, is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from k8slab.clock import Loop
from k8slab.kubeadm.running import alone
from k8slab.objects import is_dns1123_subdomain
from k8slab.world import Balancer, Bucket, Cloud, Instance, NodeGroup, Order

if TYPE_CHECKING:
    from k8slab.kubeadm.clouds import Clouds

__all__ = ["Console"]

DEFAULT_SIZE = "c4"
OUTAGE = "the service is temporarily unable to handle the request"
Labels = Mapping[str, str]
Taints = Iterable[Mapping[str, str]]


class Console:
    """A cloud in the hands of a person. All raises CloudError when the cloud says no, and ValueError for bad input."""

    def __init__(self, cluster: Clouds, cloud: Cloud) -> None:
        self.loop: Loop = cluster.loop
        self._cluster = cluster
        self._cloud = cloud

    @property
    def vms(self) -> dict[str, Instance]:
        """The VMs by name, those that boot or are stopped among them."""
        return dict(self._cloud.instances)

    @property
    def groups(self) -> dict[str, NodeGroup]:
        """The node groups by name."""
        return {group.name: group for group in self._cloud.groups}

    @property
    def balancers(self) -> dict[str, Balancer]:
        """The load balancers by the Service (namespace/name) that they are for."""
        return self._cloud.balancers.there

    @property
    def buckets(self) -> dict[str, Bucket]:
        """The buckets by name."""
        return dict(self._cloud.buckets)

    @property
    def routes(self) -> dict[str, str]:
        """The node by the range of its pods."""
        return dict(self._cloud.balancers.routes)

    @alone
    def create_vm(
        self,
        name: str,
        size: str = DEFAULT_SIZE,
        zone: str = "",
        spot: bool = False,
        joins: bool = False,
        labels: Labels | None = None,
    ) -> Instance:
        """Ask for a VM; one that `joins` becomes a node when it has booted, another is only a machine."""
        labels = dict(labels or {})
        instance = self.rent(name, size, zone, is_spot=spot, joins=joins, labels=labels)
        self._note("create_vm", name=name, size=size, zone=zone, spot=spot, joins=joins, labels=labels)
        return instance

    @alone
    def delete_vm(self, name: str) -> None:
        """Give a VM back: it is gone at once."""
        self._cloud.delete_vm(name)
        self._note("delete_vm", name=name)

    @alone
    def stop_vm(self, name: str) -> None:
        """Switch a VM off; it costs nothing until it is started."""
        self._cloud.stop_vm(name)
        self._note("stop_vm", name=name)

    @alone
    def start_vm(self, name: str) -> None:
        """Switch a VM on that was stopped."""
        self._cloud.start_vm(name)
        self._note("start_vm", name=name)

    @alone
    def create_group(
        self,
        name: str,
        count: int = 0,
        least: int = 0,
        most: int = 10,
        size: str = DEFAULT_SIZE,
        zone: str = "",
        spot: bool = False,
        labels: Labels | None = None,
        taints: Taints = (),
    ) -> NodeGroup:
        """Have a group of `count` VMs that become nodes, from `least` to `most` of them."""
        _check_name(name)
        labels, taints = dict(labels or {}), [dict(taint) for taint in taints]
        order = Order(size, zone or self._zone, spot, True, name, labels, tuple(taints))
        group = self._cloud.groups.create(name, order, count, least, most)
        given = {"count": count, "least": least, "most": most, "size": size, "zone": zone, "spot": spot}
        self._note("create_group", name=name, **given, labels=labels, taints=taints)
        return group

    @alone
    def resize_group(self, name: str, count: int) -> None:
        """Have a group have so many VMs; the newest go first."""
        group = self._cloud.groups[name]
        if not group.least <= count <= group.most:
            raise ValueError(f"the group {name} has from {group.least} to {group.most} VMs, not {count}")
        if count > group.size:
            group.increase(count - group.size)
        for instance in group.instances[count:][::-1]:
            group.delete(instance.name)
        self._note("resize_group", name=name, count=count)

    @alone
    def set_capacity(self, zone: str, count: int | None) -> None:
        """So many VMs can be had in a zone (None: any number); spot VMs beyond it are taken back."""
        self._cloud.set_capacity(zone, count)
        self._note("set_capacity", zone=zone, count=count)

    @alone
    def set_quota(self, cpus: int | None = None, balancers: int | None = None) -> None:
        """So much one may have from now on; what is there stays."""
        for amount in (cpus, balancers):
            if amount is not None and amount < 0:
                raise ValueError(f"a quota must not be negative: {amount}")
        self._cloud.cpu_quota = self._cloud.cpu_quota if cpus is None else cpus
        self._cloud.balancers.quota = self._cloud.balancers.quota if balancers is None else balancers
        self._note("set_quota", cpus=cpus, balancers=balancers)

    @alone
    def create_bucket(self, name: str, storage: str = "object") -> Bucket:
        """Have a place for data, of a kind of storage that the table of prices knows."""
        _check_name(name)
        bucket = self._cloud.create_bucket(name, storage)
        self._note("create_bucket", name=name, storage=storage)
        return bucket

    @alone
    def put(self, bucket: str, size_gb: float) -> None:
        """Write so many GB more into a bucket."""
        self._cloud.bucket(bucket).put(size_gb)
        self._note("put", bucket=bucket, size_gb=size_gb)

    @alone
    def read(self, bucket: str, size_gb: float, readers: str = "internet") -> None:
        """Read so many GB in all; `readers` are in the cloud, another zone or region, the internet, at a line."""
        self._cloud.bucket(bucket).read(size_gb, readers)
        self._note("read", bucket=bucket, size_gb=size_gb, readers=readers)

    @alone
    def outage(self, is_down: bool = True) -> None:
        """Have the cloud's API fail from now on, or (False) work again; what runs runs on."""
        self._cloud.outage = OUTAGE if is_down else ""
        self._note("outage", is_down=is_down)

    def rent(self, name: str, size: str, zone: str, *, is_spot: bool = False, joins: bool, labels: Labels) -> Instance:
        """Ask for a VM, without writing it down."""
        _check_name(name)
        return self._cloud.create_vm(name, Order(size, zone or self._zone, is_spot, joins, "", labels))

    def __repr__(self) -> str:
        cloud = self._cloud
        rows = [("VM", "SIZE", "ZONE", "STATE", "GROUP")]
        for one in cloud.instances.values():
            size = f"{one.size.name}{', spot' if one.order.is_spot else ''}"
            rows.append((one.name, size, one.order.zone, one.state, one.order.group))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        lines += [repr(balancer) for balancer in self.balancers.values()]
        return "\n".join([f"{cloud.name}, {cloud.region}{': its API is down' if cloud.outage else ''}", *lines])

    @property
    def _zone(self) -> str:
        return str(self._cluster._built_with["zones"][0])

    def _note(self, verb: str, **given: Any) -> None:
        self._cluster.journal.note(self.loop.now, "console", verb=verb, given=given)


def _check_name(name: str) -> None:
    if problems := is_dns1123_subdomain(name):
        raise ValueError(f"{name!r} cannot be the name of a machine: {'; '.join(problems)}")
