"""Temporary."""
from k8slab.api.schema import *
