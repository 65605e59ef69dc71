"""Node groups: VMs of one kind of which a cloud keeps as many as it is told; what a cluster autoscaler turns.

Source    autoscaler: cluster-autoscaler/cloudprovider/cloud_provider.go (NodeGroup)
Left out  VMs that are made anew when they are sick; groups over several zones (make one for each)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from k8slab.world.cloud_errors import NOT_FOUND, CloudError

if TYPE_CHECKING:
    from k8slab.world.cloud import Cloud, Instance, Order

__all__ = [
    "NodeGroup",
    "NodeGroups",
]

Obj = dict[str, Any]

KIB = 1024
DISK_KIB, EVICTION_HARD_KIB = 102_626_232, 100 * KIB
MAX_PODS = 110


class NodeGroup:
    """`size` VMs as `order` says, never more than `most`, never less than `least` by the autoscaler's hand."""

    def __init__(self, cloud: Cloud, name: str, order: Order, least: int, most: int) -> None:
        self._cloud = cloud
        self.name = name
        self.order = order
        self.least = least
        self.most = most
        self._count = 0
        self._names: dict[str, None] = {}

    def __repr__(self) -> str:
        return f"<NodeGroup {self.name}: {self.size} of {self.order.size}, {self.least} to {self.most}>"

    @property
    def size(self) -> int:
        """How many VMs it has or is getting."""
        return len(self._names)

    @property
    def instances(self) -> list[Instance]:
        """Its VMs, those that boot among them."""
        return [self._cloud.instances[name] for name in self._names]

    @property
    def template(self) -> Obj:
        """A Node as it will be when a VM of this group joins: labels, taints, capacity, allocatable."""
        size, order = self._cloud.prices.vm_size(self.order.size), self.order
        memory_kib = size.memory_bytes // KIB
        cpu = str(size.cpu_m // 1000) if size.cpu_m % 1000 == 0 else f"{size.cpu_m}m"
        capacity = {
            "cpu": cpu,
            "ephemeral-storage": f"{DISK_KIB}Ki",
            "memory": f"{memory_kib}Ki",
            "pods": str(MAX_PODS),
        }
        allocatable = {
            **capacity,
            "ephemeral-storage": str(DISK_KIB * KIB * 9 // 10),
            "memory": f"{max(memory_kib - EVICTION_HARD_KIB, 0)}Ki",
        }
        name = f"{self.name}-template"
        labels = {
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": order.size,
            "topology.kubernetes.io/region": self._cloud.region,
            "topology.kubernetes.io/zone": order.zone,
            **order.labels,
        }
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels},
            "spec": {"taints": [dict(taint) for taint in order.taints]} if order.taints else {},
            "status": {
                "allocatable": allocatable,
                "capacity": capacity,
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }

    def increase(self, count: int) -> list[str]:
        """Have so many VMs more; answers their names. Raises CloudError (none is made then, or as many as there were).

        Raises ValueError beyond the size that the group may have.
        """
        if count < 1:
            raise ValueError(f"a group is made larger by 1 or more, not by {count}")
        if self.size + count > self.most:
            raise ValueError(f"size increase too large, desired: {self.size + count} max: {self.most}")
        names: list[str] = []
        for _ in range(count):
            name = f"{self.name}-{self._count + 1}"
            self._cloud.create_vm(name, self.order._replace(group=self.name))
            self._count += 1
            self._names[name] = None
            names.append(name)
        return names

    def delete(self, name: str) -> None:
        """Give one VM back. Raises CloudError when it is not of this group, ValueError at the least size."""
        if name not in self._names:
            raise CloudError(NOT_FOUND, f'the node group {self.name} has no VM "{name}"')
        if self.size <= self.least:
            raise ValueError(f"min size reached, nodes will not be deleted: {self.name} has {self.size}")
        self._cloud.delete_vm(name)

    def forget(self, name: str) -> None:
        """A VM is gone."""
        self._names.pop(name, None)


class NodeGroups:
    """The groups by name."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._groups: dict[str, NodeGroup] = {}

    def __iter__(self) -> Iterator[NodeGroup]:
        return iter(self._groups.values())

    def __getitem__(self, name: str) -> NodeGroup:
        """Raises CloudError with the groups there are."""
        found = self._groups.get(name)
        if found is None:
            raise CloudError(
                NOT_FOUND, f'there is no node group "{name}"; there are: {", ".join(self._groups) or "none"}'
            )
        return found

    def create(self, name: str, order: Order, size: int, least: int, most: int) -> NodeGroup:
        """Make a group of so many VMs. Raises ValueError for sizes that cannot be, CloudError."""
        if not 0 <= least <= size <= most:
            raise ValueError(f"a group of {size} VMs, from {least} to {most}, cannot be")
        if name in self._groups:
            raise ValueError(f'there is a node group "{name}" already')
        self._cloud.check()
        self._cloud.prices.vm_size(order.size)
        group = self._groups[name] = NodeGroup(self._cloud, name, order, least, most)
        if size:
            group.increase(size)
        return group

    def of(self, instance_name: str) -> NodeGroup | None:
        """The group that a VM belongs to."""
        instance = self._cloud.instances.get(instance_name)
        return self._groups.get(instance.order.group) if instance is not None else None

    def forget(self, instance: Instance) -> None:
        """A VM is gone; its group does not make it anew."""
        group = self._groups.get(instance.order.group)
        if group is not None:
            group.forget(instance.name)
