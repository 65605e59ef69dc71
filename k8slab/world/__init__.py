"""The world: what a cluster runs on. VMs in zones, containers, images, and who reaches whom."""

from k8slab.world.attached import Attached
from k8slab.world.commands import Command
from k8slab.world.containers import Container, ContainerConfig
from k8slab.world.files import Mount
from k8slab.world.images import Behaviour, Health, HttpRequest, Image, ImageError, Login, Reply, parse_reference
from k8slab.world.machines import Daemon, Vm, World
from k8slab.world.network import Connection, Network
from k8slab.world.outgoing import Fetched, NoAnswerError
from k8slab.world.outlets import Outlet
from k8slab.world.resources import Alarm, ContainerUsage, Gauge, Limits, usage_of, whole_pages
from k8slab.world.runtime import Pulled, Runtime, Sandbox
from k8slab.world.volumes import Volume, Zeros

__all__ = [
    "Alarm",
    "Attached",
    "Behaviour",
    "Command",
    "Connection",
    "Container",
    "ContainerConfig",
    "ContainerUsage",
    "Daemon",
    "Fetched",
    "Gauge",
    "Health",
    "HttpRequest",
    "Image",
    "ImageError",
    "Limits",
    "Login",
    "Mount",
    "Network",
    "NoAnswerError",
    "Outlet",
    "Pulled",
    "Reply",
    "Runtime",
    "Sandbox",
    "Vm",
    "Volume",
    "World",
    "Zeros",
    "parse_reference",
    "usage_of",
    "whole_pages",
]
