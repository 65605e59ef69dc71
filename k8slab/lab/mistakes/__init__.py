"""Mistakes in manifests: where they stand, and what was probably meant."""

from k8slab.lab.mistakes.applying import apply_checked, checked_manifests
from k8slab.lab.mistakes.places import Place
from k8slab.lab.mistakes.problems import ManifestMistakes, Problem

__all__ = [
    "ManifestMistakes",
    "Place",
    "Problem",
    "apply_checked",
    "checked_manifests",
]
