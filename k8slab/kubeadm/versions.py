"""The releases of Kubernetes that there are here, and the programs of a release that lie on a machine.

Source    cmd/kubeadm/app/constants/constants.go of each release; kubernetes.io, "Version Skew Policy"
Left out  other patch releases; what the API of an older release did otherwise: all serve the API of the newest
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.kubelet import KUBELET_PROGRAM
from k8slab.world.files import Text, text_of

__all__ = [
    "LATEST",
    "PROGRAMS",
    "RELEASES",
    "VERSION",
    "Release",
    "installed",
    "program_files",
    "release_of",
]

PROGRAMS = {"kubeadm": "/usr/bin/kubeadm", "kubelet": KUBELET_PROGRAM}
OF_THE_VERSION = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
REGISTRY = "registry.k8s.io"


class Release(NamedTuple):
    """A release, and the versions of etcd and CoreDNS that its kubeadm installs."""

    version: str
    etcd: str
    coredns: str

    @property
    def minor(self) -> int:
        """The second of its numbers."""
        return int(self.version.split(".")[1])

    def image_of(self, component: str) -> str:
        """The image of a component."""
        if component == "etcd":
            return f"{REGISTRY}/etcd:{self.etcd}"
        return f"{REGISTRY}/coredns/coredns:{self.coredns}" if component == "coredns" else (
            f"{REGISTRY}/{component}:{self.version}"
        )  # fmt: skip

    @property
    def images(self) -> tuple[str, ...]:
        """All images, as `kubeadm config images list` lists them."""
        return tuple(self.image_of(name) for name in (*OF_THE_VERSION, "coredns", "etcd"))


RELEASES = (
    Release("v1.35.9", "3.6.6-0", "v1.13.1"),
    Release("v1.36.5", "3.6.8-0", "v1.14.2"),
    Release("v1.37.0", "3.7.0-0", "v1.14.6"),
)
LATEST = RELEASES[-1]
VERSION = LATEST.version


def release_of(version: str) -> Release:
    """The release by its version (`v1.36.5`, `1.36`). Raises ValueError for another than there are."""
    wanted = f"v{version.removeprefix('v')}"
    for release in RELEASES:
        if wanted in (release.version, release.version.rpartition(".")[0]):
            return release
    known = ", ".join(release.version for release in RELEASES)
    raise ValueError(f"there is no Kubernetes {version!r} here; there are: {known}")


def program_files(version: str) -> dict[str, Text]:
    """The programs as files of a machine: each tells its version."""
    return dict.fromkeys(PROGRAMS.values(), version)


def installed(files: dict[str, Text], package: str) -> str:
    """The version of a program that lies on a machine; that of the newest release where nothing is known."""
    return text_of(files[PROGRAMS[package]]).strip() if PROGRAMS[package] in files else VERSION
