"""Images: what containers do. Nothing real is pulled or executed."""

from k8slab.world.images.behaviour import Behaviour, ExecResult, Health, HttpRequest, Reply, StartError
from k8slab.world.images.registry import Image, ImageError, Layer, Login, Registry, parse_reference

__all__ = [
    "Behaviour",
    "ExecResult",
    "Health",
    "HttpRequest",
    "Image",
    "ImageError",
    "Layer",
    "Login",
    "Registry",
    "Reply",
    "StartError",
    "parse_reference",
]
