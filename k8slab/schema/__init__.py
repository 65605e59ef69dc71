"""The shape of every built-in kind: strict reading of request bodies, and patching, by it."""

from k8slab.schema.decode import decode, decode_patched
from k8slab.schema.facts import Field, Type, kinds_of, named_type, type_of
from k8slab.schema.json_text import parse_json
from k8slab.schema.jsonpatch import json_patch
from k8slab.schema.merge import go_text, merge_patch
from k8slab.schema.readers import CUSTOM, Decoded, read
from k8slab.schema.strategic import strategic_merge
from k8slab.schema.threeway import three_way, two_way

__all__ = [
    "CUSTOM",
    "Decoded",
    "Field",
    "Type",
    "decode",
    "decode_patched",
    "go_text",
    "json_patch",
    "kinds_of",
    "merge_patch",
    "named_type",
    "parse_json",
    "read",
    "strategic_merge",
    "three_way",
    "two_way",
    "type_of",
]
