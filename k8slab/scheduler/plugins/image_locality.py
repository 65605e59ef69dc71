"""ImageLocality: prefer nodes that have the pod's images already.

Source    pkg/scheduler/framework/plugins/imagelocality/image_locality.go
Left out  an image that few nodes have counts in full (upstream scales it by the part of the nodes that have it)
"""

from __future__ import annotations

from typing import Any

from k8slab.scheduler.framework import MAX_SCORE, NodeInfo, Plugin, PodInfo

__all__ = ["ImageLocality"]

MB = 1024 * 1024
LEAST, MOST_PER_CONTAINER = 23 * MB, 1000 * MB


class ImageLocality(Plugin):
    """Scores by the bytes that need not be pulled."""

    name = "ImageLocality"
    weight = 1
    static = True

    def prepare(self, pod: PodInfo) -> Any:
        """The images under their full names, and the number of containers."""
        containers = [*pod.spec["containers"], *(pod.spec.get("initContainers") or ())]
        return [_full_name(container["image"]) for container in containers]

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """From 23 MB (0) to 1,000 MB a container (100)."""
        sizes = _sizes(node)
        found = sum(sizes.get(image, 0) for image in prepared)
        most = MOST_PER_CONTAINER * len(prepared)
        found = min(max(found, LEAST), most)
        return MAX_SCORE * (found - LEAST) // (most - LEAST)


def _sizes(node: NodeInfo) -> dict[str, int]:
    images = (node.node.get("status") or {}).get("images") or ()
    return {name: image.get("sizeBytes", 0) for image in images for name in image.get("names") or ()}


def _full_name(image: str) -> str:
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"
