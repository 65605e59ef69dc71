"""Custom kinds: what a CustomResourceDefinition makes of the objects it defines."""

from k8slab.api.custom.definitions import DEFINITION, Definitions, refusal, with_warnings
from k8slab.api.custom.naming import leaving, with_stored_version
from k8slab.api.custom.version import Version

__all__ = ["DEFINITION", "Definitions", "Version", "leaving", "refusal", "with_stored_version", "with_warnings"]
