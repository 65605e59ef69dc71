"""ImageLocality: prefer nodes that have the pod's images already.

Source    pkg/scheduler/framework/plugins/imagelocality/image_locality.go
"""

from __future__ import annotations

from collections.abc import Sequence
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

    def score_all(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> list[int]:
        """The same of all nodes; nodes that have the same of these images get the same."""
        holders = nodes[0].census.holders if nodes else {}
        wanted = [image for image in prepared if holders.get(image)]
        by_sizes: dict[tuple[int | None, ...], int] = {}
        scores = []
        for node in nodes if wanted else nodes[:1]:
            sizes = tuple(map(node.images.get, wanted))
            if sizes not in by_sizes:
                by_sizes[sizes] = self.score(pod, prepared, node)
            scores.append(by_sizes[sizes])
        return scores if wanted else scores * len(nodes)

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
