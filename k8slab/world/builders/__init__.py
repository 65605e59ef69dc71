"""Builders: what makes images, where it stands, and what that takes. Nothing real is built."""

from k8slab.world.builders.build import Build, Order
from k8slab.world.builders.builder import Builder
from k8slab.world.builders.dockerfile import Recipe, RecipeError, read_recipe
from k8slab.world.builders.hosts import MachineHost, PodHost
from k8slab.world.builders.sources import Source

__all__ = [
    "Build",
    "Builder",
    "MachineHost",
    "Order",
    "PodHost",
    "Recipe",
    "RecipeError",
    "Source",
    "read_recipe",
]
