"""The agent of a node: runs its pods, speaks for its machine."""

from k8slab.kubelet.forwarding import ask_container
from k8slab.kubelet.kubelet import Kubelet
from k8slab.kubelet.manifest_folder import MANIFEST_FOLDER
from k8slab.kubelet.node_status import KUBELET_PROGRAM
from k8slab.kubelet.server import serve
from k8slab.kubelet.static_pods import StaticPods

__all__ = [
    "KUBELET_PROGRAM",
    "MANIFEST_FOLDER",
    "Kubelet",
    "StaticPods",
    "ask_container",
    "serve",
]
