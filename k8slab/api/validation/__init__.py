"""Validation: the rules that an object of each kind must keep, in the real server's words; one file per API group.

Source    pkg/apis/*/validation
Left out  the status of an object is taken as its writer gives it; see also the files
"""

from __future__ import annotations

from k8slab.api.conversions import CONVERSIONS
from k8slab.api.validation import (
    apiextensions,
    apps,
    autoscaling,
    batch,
    core,
    events,
    networking,
    pods,
    policy,
    rbac,
    resizing,
    services,
    storage,
)
from k8slab.api.validation.rules import Rules, of_stored_form

__all__ = ["VALIDATE", "Rules"]

VALIDATE: dict[tuple[str, str], Rules] = {
    **apiextensions.RULES,
    **apps.RULES,
    **autoscaling.RULES,
    **batch.RULES,
    **core.RULES,
    **networking.RULES,
    **pods.RULES,
    **policy.RULES,
    **rbac.RULES,
    **services.RULES,
    **storage.RULES,
}
VALIDATE |= {
    (version, kind): of_stored_form(VALIDATE[way.hub, kind], way.stored) for (version, kind), way in CONVERSIONS.items()
}
VALIDATE["v1", "Pod"] = resizing.resizable(VALIDATE["v1", "Pod"])
VALIDATE[events.VERSION, "Event"] = events.stricter(VALIDATE[events.VERSION, "Event"])
