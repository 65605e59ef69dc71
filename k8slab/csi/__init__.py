"""The driver by which a cluster gets the disks of a storage farm: it makes, attaches, grows, keeps and deletes them."""

from k8slab.csi.manifests import account_of, driver_manifests, snapshot_kinds
from k8slab.csi.process import DriverProcess

__all__ = [
    "DriverProcess",
    "account_of",
    "driver_manifests",
    "snapshot_kinds",
]
