"""What a builder keeps on its disk: results of steps, layers, and the source as it was sent last.

It lies in files. Whoever loses the files (a pod without a volume, when it goes) has lost the cache.

Source    github.com/moby/buildkit, docs/buildkitd.toml.md (root = /var/lib/buildkit)
Left out  garbage collection by size and age
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, MutableMapping

from k8slab.world.builders.sources import File
from k8slab.world.files import Text
from k8slab.world.images import Layer
from k8slab.world.volumes import Zeros, size_of

__all__ = [
    "ROOT",
    "Cache",
]

ROOT = "/var/lib/buildkit"


class Cache:
    """The files below ROOT of one disk. `imported` are results that others have told of, whose layers are elsewhere."""

    def __init__(self, disk: MutableMapping[str, Text]) -> None:
        self._disk = disk
        self.imported: dict[str, Layer] = {}

    def find(self, key: str) -> Layer | None:
        """The layer that a step with this key made."""
        text = self._disk.get(f"{ROOT}/keys/{key}")
        if text is None:
            return self.imported.get(key)
        digest, size_bytes = json.loads(str(text))
        return Layer(digest, size_bytes)

    def note(self, key: str, layer: Layer) -> None:
        """Remember what a step made."""
        self._disk[f"{ROOT}/keys/{key}"] = json.dumps([layer.digest, layer.size_bytes])

    def has(self, layer: Layer) -> bool:
        """The layer's bytes are here."""
        return f"{ROOT}/blobs/{layer.digest}" in self._disk

    def keep(self, layers: Iterable[Layer]) -> None:
        """Take the bytes of layers. Raises OSError when the disk takes no more."""
        for layer in layers:
            self._disk[f"{ROOT}/blobs/{layer.digest}"] = Zeros(layer.size_bytes)

    def changed(self, source: str, files: Mapping[str, File]) -> int:
        """The bytes of those files that are not here as they are now."""
        known = json.loads(str(self._disk.get(f"{ROOT}/contexts/{source}", "{}")))
        return sum(file.size_bytes for path, file in files.items() if known.get(path) != file.version)

    def sent(self, source: str, files: Mapping[str, File]) -> None:
        """The source is here as it is now."""
        self._disk[f"{ROOT}/contexts/{source}"] = json.dumps({path: file.version for path, file in files.items()})

    @property
    def size_bytes(self) -> int:
        """What the cache takes."""
        return sum(_size(self._disk, path) for path in self._disk if path.startswith(f"{ROOT}/blobs/"))

    def prune(self) -> int:
        """Forget everything; how many bytes that were."""
        gone = self.size_bytes
        for path in [path for path in self._disk if path.startswith(f"{ROOT}/") and not path.endswith("/")]:
            del self._disk[path]
        self.imported.clear()
        return gone


def _size(disk: MutableMapping[str, Text], path: str) -> int:
    return size_of(disk[path])
