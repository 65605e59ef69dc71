"""Admission: the last word before an object is stored; one file per plugin, put in order by the chain."""

from k8slab.api.admission.attempt import Attempt
from k8slab.api.admission.chain import Admission
from k8slab.api.admission.priority import SYSTEM_CLASSES
from k8slab.api.admission.webhooks import Review, Webhook, Webhooks

__all__ = ["SYSTEM_CLASSES", "Admission", "Attempt", "Review", "Webhook", "Webhooks"]
