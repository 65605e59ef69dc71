"""A storage farm: machines that are no nodes and hold disks, which VMs of the cluster are given over the network.

A disk has its size, its zone and its files. A VM sees it through a Slot, from the moment at which the farm gives it the
disk to the moment at which it takes it away; what the disk holds is there for the next VM. A farm whose disks are
shared (a file server) gives them to every VM that asks.

Source    the Container Storage Interface: CreateVolume, ControllerPublishVolume, ControllerExpandVolume, CreateSnapshot
          and their errors; kubernetes.io, "Volume Snapshots"
Left out  the time a byte takes to and from the farm; what fails in the farm; snapshots share no bytes with their disk
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

from k8slab.world.files import NoSpaceError, ReadOnlyError, Text
from k8slab.world.resources import Gauge
from k8slab.world.volumes import Tally, Volume, size_of

if TYPE_CHECKING:
    from k8slab.clock import Loop
    from k8slab.world.ledger import Ledger, Rent
    from k8slab.world.machines import Vm

__all__ = [
    "Disk",
    "Farm",
    "FarmError",
    "Slot",
    "Snapshot",
]

GIB = 1024**3
GB = 1e9
KIND = "claim"


class FarmError(Exception):
    """What a driver answers when the farm refuses, in gRPC's words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"rpc error: code = {code} desc = {text}")
        self.code = code


class Disk(Volume):
    """One volume of a farm; it takes no more bytes than it is large."""

    def __init__(self, loop: Loop, parent: Gauge, tally: Tally, handle: str, size_bytes: int, zone: str) -> None:
        super().__init__(loop, parent, kind=KIND, tally=tally)
        self.handle = handle
        self.size_bytes = size_bytes
        self.zone = zone
        self.rent: Rent | None = None
        self.labels: dict[str, str] = {}
        self.slots: dict[str, Slot] = {}

    def __setitem__(self, path: str, text: Text) -> None:
        if self.used.value + size_of(text) - size_of(self.data.get(path, "")) > self.size_bytes:
            raise NoSpaceError(path)
        super().__setitem__(path, text)

    def restore(self, files: dict[str, Text]) -> None:
        """Begin with these files, which nobody wrote here."""
        self.data.update(files)
        self.used.add(sum(size_of(text) for text in files.values()))


class Snapshot:
    """What was on a disk at a moment."""

    def __init__(self, handle: str, disk: Disk, now: float) -> None:
        self.handle = handle
        self.files = dict(disk.data)
        self.size_bytes = disk.size_bytes
        self.taken_at = now
        self.rent: Rent | None = None


class Slot(MutableMapping[str, Text]):
    """A disk as one VM sees it; without the disk nothing can be read or written."""

    def __init__(self, disk: Disk, vm: Vm, *, read_only: bool = False) -> None:
        self.disk: Disk | None = disk
        self.vm = vm
        self.read_only = read_only

    def __getitem__(self, path: str) -> Text:
        if self.disk is None:
            raise KeyError(path)
        return self.disk[path]

    def __setitem__(self, path: str, text: Text) -> None:
        self._writable(path)[path] = text

    def __delitem__(self, path: str) -> None:
        del self._writable(path)[path]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.disk)) if self.disk is not None else iter(())

    def __len__(self) -> int:
        return len(self.disk) if self.disk is not None else 0

    def _writable(self, path: str) -> Disk:
        """The disk. Raises ReadOnlyError: a file system whose disk has gone is read-only from then on."""
        if self.disk is None or self.read_only:
            raise ReadOnlyError(path)
        return self.disk


class Farm:
    """All disks and snapshots of one farm.

    `zones` are those in which its disks can lie, each for the VMs of that zone alone; none: every VM reaches every
    disk. `limit` is how many disks a VM can have (0: any number), `price` the row of the prices' table for a GB.
    """

    def __init__(
        self,
        loop: Loop,
        ledger: Ledger,
        tally: Tally,
        name: str,
        capacity_bytes: int,
        zones: tuple[str, ...] = (),
        *,
        is_shared: bool = False,
        limit: int = 0,
        price: str = "farm",
    ) -> None:
        self.name = name
        self.driver = f"{name}.csi.example"
        self.capacity_bytes = capacity_bytes
        self.zones = zones
        self.is_shared = is_shared
        self.limit = limit
        self.price = price
        self.used = Gauge(loop)
        self.tally = tally
        self.disks: dict[str, Disk] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self._loop = loop
        self._ledger = ledger

    @property
    def allocated_bytes(self) -> int:
        """What its disks and snapshots have been promised."""
        of_disks = sum(disk.size_bytes for disk in self.disks.values())
        return of_disks + sum(snapshot.size_bytes for snapshot in self.snapshots.values())

    def create(self, handle: str, size_bytes: int, zone: str = "", source: str = "", **labels: str) -> Disk:
        """Make a disk, perhaps with what a snapshot holds; asked again it answers the same disk. Raises FarmError.

        `labels` tell on the bill for whom it is.
        """
        known = self.disks.get(handle)
        if known is not None:
            return known
        if self.zones and zone not in self.zones:
            raise FarmError("ResourceExhausted", f"{self.name} has no disks in zone {zone!r}")
        snapshot = self.snapshots.get(source) if source else None
        if source and snapshot is None:
            raise FarmError("NotFound", f"snapshot {source} does not exist")
        if snapshot is not None and size_bytes < snapshot.size_bytes:
            raise FarmError("OutOfRange", f"a disk of {size_bytes} bytes is smaller than its source")
        self._reserve(size_bytes)
        disk = Disk(self._loop, self.used, self.tally, handle, size_bytes, zone if self.zones else "")
        disk.labels = {**labels, **({"zone": disk.zone} if disk.zone else {})}
        if snapshot is not None:
            disk.restore(snapshot.files)
        self.disks[handle] = disk
        self._rent(disk)
        return disk

    def delete(self, handle: str) -> None:
        """Delete a disk and what is on it; nothing when there is none. Raises FarmError while a VM has it."""
        disk = self.disks.get(handle)
        if disk is None:
            return
        if disk.slots and not self.is_shared:
            raise FarmError("FailedPrecondition", f"disk {handle} is attached to {', '.join(disk.slots)}")
        for slot in disk.slots.values():
            slot.disk = None
        disk.lose()
        self._end(disk.rent)
        del self.disks[handle]

    def grow(self, handle: str, size_bytes: int) -> int:
        """Make a disk larger; answers its size. Raises FarmError."""
        disk = self._disk(handle)
        if size_bytes > disk.size_bytes:
            self._reserve(size_bytes - disk.size_bytes)
            disk.size_bytes = size_bytes
            self._rent(disk)
            for slot in disk.slots.values():
                if slot.vm.on_plugin is not None:
                    slot.vm.on_plugin()
        return disk.size_bytes

    def attach(self, handle: str, vm: Vm, *, is_exclusive: bool = True, read_only: bool = False) -> None:
        """Give a VM a disk. Raises FarmError when another has it, and for a VM of another zone or with too many."""
        disk = self._disk(handle)
        if vm.name in disk.slots:
            return
        others = ", ".join(disk.slots)
        if is_exclusive and others:
            raise FarmError("FailedPrecondition", f"disk {handle} is attached to {others}")
        if disk.zone and disk.zone != vm.zone:
            raise FarmError("InvalidArgument", f"disk {handle} is in zone {disk.zone}, {vm.name} in {vm.zone}")
        if self.limit and self.attached_to(vm.name) >= self.limit:
            raise FarmError("ResourceExhausted", f"{vm.name} has {self.limit} disks already")
        disk.slots[vm.name] = Slot(disk, vm, read_only=read_only)

    def detach(self, handle: str, vm_name: str) -> None:
        """Take a disk away from a VM, whatever still uses it there; nothing when it has not got it."""
        disk = self.disks.get(handle)
        slot = disk.slots.pop(vm_name, None) if disk is not None else None
        if slot is not None:
            slot.disk = None

    def open(self, handle: str, vm: Vm) -> Slot:
        """The disk as a VM sees it. Raises FarmError when it has not got it."""
        disk = self._disk(handle)
        if self.is_shared:
            self.attach(handle, vm, is_exclusive=False)
        if vm.name not in disk.slots:
            raise FarmError("NotFound", f"disk {handle} is not attached to {vm.name}")
        return disk.slots[vm.name]

    def attached_to(self, vm_name: str) -> int:
        """How many disks a VM has."""
        return sum(vm_name in disk.slots for disk in self.disks.values())

    def snapshot(self, handle: str, disk_handle: str) -> Snapshot:
        """Keep what is on a disk now; asked again it answers the same. Raises FarmError."""
        if handle not in self.snapshots:
            disk = self._disk(disk_handle)
            self._reserve(disk.size_bytes)
            taken = self.snapshots[handle] = Snapshot(handle, disk, self._loop.now)
            parts = (("snapshot_gb_month", disk.size_bytes / GB),)
            taken.rent = self._ledger.rent("snapshot", handle, self.name, parts, **disk.labels)
        return self.snapshots[handle]

    def delete_snapshot(self, handle: str) -> None:
        """Forget a snapshot; nothing when there is none."""
        gone = self.snapshots.pop(handle, None)
        if gone is not None:
            self._end(gone.rent)

    def plug(self, vm: Vm) -> None:
        """Install the farm's driver on a machine; its kubelet hears of it."""
        vm.plugins[self.driver] = self
        if vm.on_plugin is not None:
            vm.on_plugin()

    def _disk(self, handle: str) -> Disk:
        disk = self.disks.get(handle)
        if disk is None:
            raise FarmError("NotFound", f"disk {handle} does not exist")
        return disk

    def _reserve(self, size_bytes: int) -> None:
        free = self.capacity_bytes - self.allocated_bytes
        if size_bytes > free:
            text = f"{self.name} has {free // GIB} GiB left, {-(-size_bytes // GIB)} GiB were asked for"
            raise FarmError("ResourceExhausted", text)

    def _rent(self, disk: Disk) -> None:
        """It costs by its size from now on."""
        self._end(disk.rent)
        parts = ((f"storage.{self.price}.gb_month", disk.size_bytes / GB),)
        disk.rent = self._ledger.rent("volume", disk.handle, self.name, parts, **disk.labels)

    def _end(self, rent: Rent | None) -> None:
        if rent is not None:
            self._ledger.leave(rent)
