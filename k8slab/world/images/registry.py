"""The registry that every node pulls from: image references, what exists, how large it is.

Source    github.com/distribution/reference, normalize.go; containerd's texts for what cannot be resolved
Left out  registries that are slow, full or away; manifests for several platforms
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from k8slab.world.images.bases import TRIXIE
from k8slab.world.images.behaviour import Behaviour
from k8slab.world.images.programs import BUILT_IN

if TYPE_CHECKING:
    from k8slab.world.machines import Vm

__all__ = [
    "Carrier",
    "Image",
    "ImageError",
    "Layer",
    "Login",
    "Registry",
    "parse_reference",
]

COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REFERENCE = re.compile(
    rf"(?P<name>(?:[a-zA-Z0-9.-]+(?::\d+)?/)?{COMPONENT}(?:/{COMPONENT})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
MISSING = "doesnotexist"  # a repository or tag with this in its name is not there, for exercises about bad images


class Layer(NamedTuple):
    """A part of images, the same in all that have it."""

    digest: str
    size_bytes: int
    media_type: str = "application/vnd.oci.image.layer.v1.tar+gzip"


class Login(NamedTuple):
    """Who asks for an image of a private registry."""

    username: str
    password: str


class Image(NamedTuple):
    """An image that exists. `reference` is its full name with registry and tag; its layers lie upon each other."""

    reference: str
    repository: str
    behaviour: type[Behaviour]
    size_bytes: int
    digest: str
    layers: tuple[Layer, ...] = ()

    @property
    def image_id(self) -> str:
        """Repository and digest, as in a container's status."""
        return f"{self.repository}@{self.digest}"


class Pushed(NamedTuple):
    """What somebody pushed under a name."""

    layers: tuple[Layer, ...]
    digest: str


class Carrier(Protocol):
    """The way of layers to machines, where it takes its time: see world/registries.py."""

    def carries(self, text: str, vm: Vm) -> bool:
        """The registry of that image, and the machine, are on the map."""

    def ask(self, text: str, vm: Vm, done: Callable[[str], object]) -> None:
        """Have a machine ask the registry for a manifest: `done("")`, or why it got no answer."""

    def fetch(self, text: str, layers: Iterable[Layer], vm: Vm, done: Callable[[str], object]) -> None:
        """Bring layers of an image to a machine: `done("")`, or why they do not come."""


class ImageError(NamedTuple):
    """Why there is no such image: `reason` is ErrImagePull or InvalidImageName."""

    reason: str
    message: str


class Reference(NamedTuple):
    """An image reference with everything that short names leave out."""

    repository: str
    tag: str

    @property
    def full(self) -> str:
        """Repository and tag (or digest)."""
        return self.repository + ("@" if self.tag.startswith("sha256:") else ":") + self.tag


@lru_cache(maxsize=1024)
def parse_reference(text: str) -> Reference | ImageError:
    """The full name of an image: `nginx` is `docker.io/library/nginx:latest`."""
    match = REFERENCE.fullmatch(text)
    if match is None:
        return ImageError("InvalidImageName", _invalid_name(text))
    name = match["name"]
    first, slash, _ = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif "." not in first and ":" not in first and first != "localhost":
        name = f"docker.io/{name}"
    return Reference(name, match["digest"] or match["tag"] or "latest")


class Registry:
    """All images there are. Every name exists unless something speaks against it."""

    def __init__(self) -> None:
        self._behaviours: dict[str, type[Behaviour]] = dict(BUILT_IN)
        self._tagged: dict[str, type[Behaviour]] = {}
        self._resolved: dict[str, Image | ImageError] = {}
        self._logins: dict[str, set[Login]] = {}
        self._pushed: dict[str, Pushed] = {}
        self._bare: set[str] = set()
        self.carrier: Carrier | None = None

    def register(self, image: str, behaviour: type[Behaviour]) -> None:
        """Give an image (`shop/web`, or one version of it, `shop/web:2`) its behaviour; nodes need not pull again.

        Raises ValueError when the name is no image name, TypeError when the behaviour is not a Behaviour class.
        """
        if not (isinstance(behaviour, type) and issubclass(behaviour, Behaviour)):
            raise TypeError(f"the behaviour of {image!r} must be a subclass of Behaviour, not {behaviour!r}")
        reference = parse_reference(image)
        if isinstance(reference, ImageError):
            raise ValueError(reference.message)
        if image.endswith(":" + reference.tag):
            self._tagged[reference.full] = behaviour
        else:
            self._behaviours[reference.repository] = behaviour
        self._resolved.clear()

    def require_login(self, host: str, username: str, password: str) -> None:
        """Have a registry (`registry.shop.example`, or a part of it, `docker.io/shop`) answer only who logs in.

        Asked again: one more login is good. Raises ValueError when that is no part of an image's name.
        """
        if not re.fullmatch(rf"[a-zA-Z0-9.-]+(?::\d+)?(?:/{COMPONENT})*", host):
            raise ValueError(f'"{host}" is no registry: write it like registry.shop.example or docker.io/shop')
        self._logins.setdefault(host, set()).add(Login(username, password))

    def push(self, text: str, layers: Iterable[Layer]) -> Image:
        """Take an image of these layers under a name; who asks for the name from now on gets it. Raises ValueError."""
        reference, layers = parse_reference(text), tuple(layers)
        if isinstance(reference, ImageError):
            raise ValueError(reference.message)
        parts = "\n".join(layer.digest for layer in layers)
        pushed = Pushed(layers, f"sha256:{hashlib.sha256(f'manifest {parts}'.encode()).hexdigest()}")
        self._pushed[reference.full] = self._pushed[f"{reference.repository}@{pushed.digest}"] = pushed
        self._resolved.clear()
        found = self.resolve(text)
        assert isinstance(found, Image)
        return found

    def hold_only_pushed(self, host: str) -> None:
        """Have a registry be empty but for what was pushed to it."""
        self._bare.add(host)
        self._resolved.clear()

    def fetch(self, text: str, logins: Iterable[Login] = ()) -> Image | ImageError:
        """The image as a node gets it that knows these logins, or why it does not."""
        reference = parse_reference(text)
        if isinstance(reference, ImageError):
            return reference
        wanted = self._wanted_logins(reference.repository)
        known = set(logins)
        if wanted and not wanted & known:
            host, _, path = reference.repository.partition("/")
            problem = (REFUSED if known else ANONYMOUS).format(reference.full, host, path, reference.tag)
            return ImageError("ErrImagePull", _cannot_pull("Unknown", reference.full, problem))
        return self.resolve(text)

    def is_private(self, text: str) -> bool:
        """The image is only given to who logs in."""
        reference = parse_reference(text)
        return isinstance(reference, Reference) and bool(self._wanted_logins(reference.repository))

    def _wanted_logins(self, repository: str) -> set[Login]:
        if not self._logins:
            return set()
        places = [place for place in self._logins if f"{repository}/".startswith(f"{place}/")]
        return set().union(*(self._logins[place] for place in places))

    def resolve(self, text: str) -> Image | ImageError:
        """The image behind a reference, or why there is none."""
        found = self._resolved.get(text)
        if found is None:
            found = self._resolved[text] = self._resolve(text)
        return found

    def _resolve(self, text: str) -> Image | ImageError:
        reference = parse_reference(text)
        if isinstance(reference, ImageError):
            return reference
        full, (repository, tag) = reference.full, reference
        if MISSING in repository or repository.partition("/")[0].endswith(".invalid"):
            return ImageError("ErrImagePull", _cannot_pull("Unknown", full, DENIED.format(full)))
        behaviour = self._tagged.get(full) or self._behaviours.get(repository)
        pushed = self._pushed.get(full)
        if pushed is not None:
            size_bytes = sum(layer.size_bytes for layer in pushed.layers)
            return Image(full, repository, behaviour or Behaviour, size_bytes, pushed.digest, pushed.layers)
        if repository.partition("/")[0] in self._bare:
            return ImageError("ErrImagePull", _cannot_pull("NotFound", full, NOT_FOUND.format(full)))
        if behaviour is None and any(known.startswith(repository + ":") for known in self._tagged):
            return ImageError("ErrImagePull", _cannot_pull("NotFound", full, NOT_FOUND.format(full)))
        behaviour = behaviour or Behaviour
        is_known = tag.startswith("sha256:") or not behaviour.tags or re.fullmatch(behaviour.tags, tag)
        if MISSING in tag or not is_known:
            return ImageError("ErrImagePull", _cannot_pull("NotFound", full, NOT_FOUND.format(full)))
        digest = hashlib.sha256(full.encode()).hexdigest()
        size_bytes = behaviour.size_bytes or 20_000_000 + int(digest[:8], 16) % 100_000_000
        layers = _layers(full, repository, tag, behaviour, size_bytes)
        return Image(full, repository, behaviour, size_bytes, f"sha256:{digest}", layers)


def _layers(full: str, repository: str, tag: str, behaviour: type[Behaviour], size_bytes: int) -> tuple[Layer, ...]:
    """The base, where it is known, what all tags of a repository share, and what is this image's own."""
    base = "alpine:3.23" if behaviour.base and "alpine" in tag else behaviour.base
    base_bytes = min(BASES.get(base, 0), size_bytes)
    shared_bytes = (size_bytes - base_bytes) // 2
    parts = (
        (base, base_bytes),
        (f"{repository} on {base}", shared_bytes),
        (full, size_bytes - base_bytes - shared_bytes),
    )
    return tuple(Layer(hashlib.sha256(f"layer {name}".encode()).hexdigest(), size) for name, size in parts if size)


BASES = {TRIXIE: 29_780_000, "alpine:3.23": 3_860_000}
ANONYMOUS = (
    'failed to resolve reference "{0}": pull access denied, repository does not exist or may require authorization: '
    "authorization failed: no basic auth credentials"
)
REFUSED = (
    'failed to resolve reference "{0}": unexpected status from HEAD request to '
    "https://{1}/v2/{2}/manifests/{3}: 401 Unauthorized"
)
NOT_FOUND = "failed to resolve image: {0}: not found"
DENIED = (
    'failed to resolve reference "{0}": pull access denied, repository does not exist or may require authorization: '
    "server message: insufficient_scope: authorization failed"
)


def _cannot_pull(code: str, full: str, problem: str) -> str:
    return f'rpc error: code = {code} desc = failed to pull and unpack image "{full}": {problem}'


def _invalid_name(text: str) -> str:
    problem = "invalid reference format"
    if REFERENCE.fullmatch(text.lower()):
        shown = text.partition(":")[0] if "/" in text else f"library/{text.partition(':')[0]}"
        problem += f": repository name ({shown}) must be lowercase"
    return f'Failed to apply default image tag "{text}": couldn\'t parse image name "{text}": {problem}'
