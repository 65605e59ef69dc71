"""The rules for volumes, claims and storage classes.

Source    pkg/apis/{core,storage}/validation/validation.go
"""

from __future__ import annotations

from k8slab.api.validation.rules import Rules

__all__ = ["RULES"]

RULES: dict[tuple[str, str], Rules] = {}
