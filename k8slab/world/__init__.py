"""The world: what a cluster runs on. VMs in zones, containers, images, and who reaches whom."""

from k8slab.world.attached import Attached
from k8slab.world.balancers import Balancer, Listener
from k8slab.world.bills import Bill, make_bill
from k8slab.world.buckets import Bucket, Keep
from k8slab.world.cloud import Cloud, Instance, Order
from k8slab.world.cloud_errors import CloudError
from k8slab.world.commands import Command
from k8slab.world.containers import Container, ContainerConfig
from k8slab.world.disks import Disk, Farm, FarmError, Slot, Snapshot
from k8slab.world.files import Mount
from k8slab.world.images import (
    Behaviour,
    Capacity,
    Health,
    HttpRequest,
    Image,
    ImageError,
    Login,
    PassedOn,
    Reply,
    capacity_of,
    parse_reference,
)
from k8slab.world.ledger import NOTHING_ASKED, Asked, Ledger
from k8slab.world.machines import Daemon, Vm, World
from k8slab.world.network import Connection, Network
from k8slab.world.node_groups import NodeGroup
from k8slab.world.outgoing import Fetched, NoAnswerError
from k8slab.world.outlets import Outlet
from k8slab.world.prices import HOURS_PER_MONTH, PriceError, Prices, list_prices
from k8slab.world.resolver import Resolver
from k8slab.world.resources import Alarm, ContainerUsage, Gauge, Limits, cpu_shares, usage_of, whole_pages
from k8slab.world.runtime import Pulled, Runtime, Sandbox
from k8slab.world.serving import Queue, Served, capacity_per_s
from k8slab.world.traffic import HEAD_BYTES, OUTSIDE, Count, Peer, Traffic, TrafficRow, peer_of_pod, peer_of_vm
from k8slab.world.volumes import Tally, Volume, Zeros

__all__ = [
    "HEAD_BYTES",
    "HOURS_PER_MONTH",
    "NOTHING_ASKED",
    "OUTSIDE",
    "Alarm",
    "Asked",
    "Attached",
    "Balancer",
    "Behaviour",
    "Bill",
    "Bucket",
    "Capacity",
    "Cloud",
    "CloudError",
    "Command",
    "Connection",
    "Container",
    "ContainerConfig",
    "ContainerUsage",
    "Count",
    "Daemon",
    "Disk",
    "Farm",
    "FarmError",
    "Fetched",
    "Gauge",
    "Health",
    "HttpRequest",
    "Image",
    "ImageError",
    "Instance",
    "Keep",
    "Ledger",
    "Limits",
    "Listener",
    "Login",
    "Mount",
    "Network",
    "NoAnswerError",
    "NodeGroup",
    "Order",
    "Outlet",
    "PassedOn",
    "Peer",
    "PriceError",
    "Prices",
    "Pulled",
    "Queue",
    "Reply",
    "Resolver",
    "Runtime",
    "Sandbox",
    "Served",
    "Slot",
    "Snapshot",
    "Tally",
    "Traffic",
    "TrafficRow",
    "Vm",
    "Volume",
    "World",
    "Zeros",
    "capacity_of",
    "capacity_per_s",
    "cpu_shares",
    "list_prices",
    "make_bill",
    "parse_reference",
    "peer_of_pod",
    "peer_of_vm",
    "usage_of",
    "whole_pages",
]
