"""The time line: who did what and when, in lanes; and the picture of any moment of it."""

from k8slab.view.timeline.deeds import Lever
from k8slab.view.timeline.line import Past, Timeline

__all__ = [
    "Lever",
    "Past",
    "Timeline",
]
