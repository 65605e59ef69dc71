"""ImageLocality: prefer nodes that have the pod's images already.

Source    pkg/scheduler/framework/plugins/imagelocality/image_locality.go
"""

from __future__ import annotations

from typing import Any

from k8slab.scheduler.framework import MAX_SCORE, NodeInfo, Plugin, PodInfo

__all__ = ["ImageLocality"]

MB = 1024 * 1024
LEAST, MOST_PER_CONTAINER = 23 * MB, 1000 * MB


class ImageLocality(Plugin):
    """Scores by the bytes that need not be pulled, less for what few nodes have, so that pods do not crowd there."""

    name = "ImageLocality"
    weight = 1

    def prepare(self, pod: PodInfo) -> Any:
        """The images of all containers under their full names."""
        containers = [*pod.spec["containers"], *(pod.spec.get("initContainers") or ())]
        return [_full_name(container["image"]) for container in containers]

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """From 23 MB (0) to 1,000 MB a container (100)."""
        found, census = 0, node.census
        for image in prepared:
            if image in node.images:
                found += int(node.images[image] * (census.holders[image] / census.nodes))
        most = MOST_PER_CONTAINER * len(prepared)
        found = min(max(found, LEAST), most)
        return MAX_SCORE * (found - LEAST) // (most - LEAST)


def _full_name(image: str) -> str:
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"
