"""Images: what containers do. Nothing real is pulled or executed."""

from k8slab.world.images.behaviour import Behaviour, ExecResult, Health, HttpRequest, PassedOn, Reply, StartError
from k8slab.world.images.capacity import Capacity, capacity_of
from k8slab.world.images.registry import Carrier, Image, ImageError, Layer, Login, Registry, parse_reference

__all__ = [
    "Behaviour",
    "Capacity",
    "Carrier",
    "ExecResult",
    "Health",
    "HttpRequest",
    "Image",
    "ImageError",
    "Layer",
    "Login",
    "PassedOn",
    "Registry",
    "Reply",
    "StartError",
    "capacity_of",
    "parse_reference",
]
