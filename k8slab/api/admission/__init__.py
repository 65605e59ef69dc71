"""Admission: the last word before an object is stored; one file per plugin, put in order by the chain."""

from k8slab.api.admission.attempt import Attempt
from k8slab.api.admission.chain import Admission
from k8slab.api.admission.priority import SYSTEM_CLASSES

__all__ = ["SYSTEM_CLASSES", "Admission", "Attempt"]
