"""The causal chain of an object: why it exists, why it is not well, why it is gone, write by write."""

from k8slab.view.why.why import Why, why

__all__ = [
    "Why",
    "why",
]
