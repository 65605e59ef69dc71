"""The rules for budgets, quotas, limits and priorities.

Source    pkg/apis/{core,policy,scheduling}/validation/validation.go
"""

from __future__ import annotations

from k8slab.api.validation.rules import Rules

__all__ = ["RULES"]

RULES: dict[tuple[str, str], Rules] = {}
