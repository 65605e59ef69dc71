"""Validation: the rules that an object of each kind must keep, in the real server's words; one file per API group.

Source    pkg/apis/*/validation
Left out  the status of an object is taken as its writer gives it; see also the files
"""

from __future__ import annotations

from k8slab.api.validation import apps, core, pods, services
from k8slab.api.validation.rules import Rules

__all__ = ["VALIDATE", "Rules"]

VALIDATE: dict[tuple[str, str], Rules] = {**core.RULES, **pods.RULES, **services.RULES, **apps.RULES}
