"""Defaulting: what the server writes into the fields that nobody filled in; one file per API group.

A default never changes what somebody wrote. An object that lacks nothing comes back as it is, so that
everything below it stays shared.

Source    pkg/apis/*/v1/defaults.go
Left out  the kinds that have no defaults (ConfigMap, Lease, Event)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.conversions import CONVERSIONS
from k8slab.api.defaults import (
    apiextensions,
    apps,
    autoscaling,
    batch,
    core,
    networking,
    pods,
    policy,
    rbac,
    services,
    storage,
)

__all__ = ["DEFAULTS"]

DEFAULTS: dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] = {
    **apiextensions.DEFAULTS,
    **apps.DEFAULTS,
    **autoscaling.DEFAULTS,
    **batch.DEFAULTS,
    **core.DEFAULTS,
    **networking.DEFAULTS,
    **pods.DEFAULTS,
    **policy.DEFAULTS,
    **rbac.DEFAULTS,
    **services.DEFAULTS,
    **storage.DEFAULTS,
}
DEFAULTS |= {
    (version, kind): way.through(DEFAULTS[way.hub, kind])
    for (version, kind), way in CONVERSIONS.items()
    if (way.hub, kind) in DEFAULTS
}
