"""Storage farms beside a cluster, and what has become of the bytes that its pods wrote.

Left out  a farm that is taken away again, or fails; what containers write outside of volumes
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

from k8slab.client import Client
from k8slab.clock import Loop
from k8slab.csi import DriverProcess, account_of, driver_manifests, snapshot_kinds
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.kubeadm.running import alone
from k8slab.kubeadm.stores import add
from k8slab.objects import is_dns1123_label, size_bytes
from k8slab.world import Farm, Prices, Vm, World

__all__ = [
    "Bytes",
    "Storage",
]

Obj = dict[str, Any]

DISK_LIMIT = 24  # disks that a VM of a large cloud can have beside its own


class Bytes(NamedTuple):
    """What has become of the bytes that went into one kind of volume.

    `kept_bytes` are there; those `out_of_reach_bytes` of them lie on machines without power.
    """

    kind: str
    written_bytes: int
    kept_bytes: int
    out_of_reach_bytes: int
    lost_bytes: int


class Storage:
    """What a cluster can do about storage."""

    loop: Loop
    world: World
    journal: Journal
    _is_new: bool

    @property
    def _prices(self) -> Prices:
        """The table of prices."""
        raise NotImplementedError

    def client_for(self, user: str, *, vm: Vm | None = None) -> Client:
        """A client in the name of `user`."""
        raise NotImplementedError

    @alone
    def storage_farm(
        self,
        name: str = "farm",
        capacity: str = "1Ti",
        zones: Iterable[str] = (),
        shared: bool = False,
        limit: int = DISK_LIMIT,
        price: str = "",
        default: bool = True,
    ) -> None:
        """Set up machines that are no nodes and hold disks, and install their driver in the cluster.

        There is a StorageClass of the farm's `name` then, the default one if so wished, and a VolumeSnapshotClass.
        With `zones` a disk lies in one of them and is for the nodes of that zone; a `shared` farm is a file server
        whose volumes many nodes may write at once. `limit` is how many disks a machine can have (0: any number),
        `price` a row of the prices' table. Raises ValueError.
        """
        zones = tuple(zones)
        given: Obj = {"name": name, "capacity": capacity, "zones": list(zones), "shared": shared, "limit": limit}
        given |= {"price": price, "default": default}
        farm = self._new_farm(name, capacity, zones, shared, limit, price or ("shared" if shared else "farm"))
        home = self.world.vms.get(CONTROL_PLANE)
        if home is None:
            raise ValueError("this cluster has no machines that could be given disks")
        self.world.farms[name] = farm
        founder = self.client_for("kubernetes-admin", vm=home)
        if len(self.world.farms) == 1:
            add(founder, snapshot_kinds(), is_new=self._is_new)
        add(founder, driver_manifests(farm, is_default=default), is_new=self._is_new)
        for vm in self.world.vms.values():
            farm.plug(vm)
        client = self.client_for(f"system:serviceaccount:kube-system:{account_of(farm)}", vm=home)
        home.install(f"{name}-csi", partial(DriverProcess, client, farm=farm, machines=self.world.vms))
        self.journal.note(self.loop.now, "storage_farm", **given)

    def stored_bytes(self) -> list[Bytes]:
        """What has become of the bytes written into volumes, by kind: emptyDir and claim."""
        world = self.world
        kept = {"emptyDir": 0.0, "claim": sum(farm.used.value for farm in world.farms.values())}
        kept["claim"] += sum(share.used.value for share in world.shares.values())
        dark = 0.0
        for vm in world.vms.values():
            here = [one for of_pod in vm.volumes.values() for one in of_pod.values() if one.kind == "emptyDir"]
            amount = sum(one.used.value for one in here)
            kept["emptyDir"] += amount
            dark += 0.0 if vm.is_on else amount
        away = {"emptyDir": dark}
        tally = world.tally
        return [
            Bytes(kind, tally.written[kind], int(amount), int(away.get(kind, 0)), tally.lost[kind])
            for kind, amount in kept.items()
        ]

    def _new_farm(self, name: str, capacity: str, zones: tuple[str, ...], shared: bool, limit: int, price: str) -> Farm:
        problems = is_dns1123_label(name)
        if problems:
            raise ValueError(f"{name!r} is no name for a farm: {problems[0]}")
        if name in self.world.farms:
            raise ValueError(f'there is a farm "{name}" already')
        if size_bytes(capacity) <= 0:
            raise ValueError(f"a farm must hold something, not {capacity!r}")
        if limit < 0:
            raise ValueError(f"a machine cannot have {limit} disks")
        if price not in self._prices.storage_classes:
            raise ValueError(f'there is no price for "{price}"; there are: {", ".join(self._prices.storage_classes)}')
        world = self.world
        size = size_bytes(capacity)
        return Farm(self.loop, world.ledger, world.tally, name, size, zones, is_shared=shared, limit=limit, price=price)
