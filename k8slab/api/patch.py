"""The patches of the API: JSON patch, JSON merge patch, strategic merge patch, and the diffs that make one.

They live beside the schema, whose list keys they go by; here is where the API server takes them from.
"""

from k8slab.api.schema import json_patch, merge_patch, strategic_merge, three_way, two_way

__all__ = ["json_patch", "merge_patch", "strategic_merge", "three_way", "two_way"]
