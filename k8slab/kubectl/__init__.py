"""kubectl in this process, for a notebook cell and for transcripts that are always the same."""

from k8slab.kubectl.kubectl import Kubectl

__all__ = ["Kubectl"]
