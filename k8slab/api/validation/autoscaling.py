"""The rules for HorizontalPodAutoscalers.

Source    pkg/apis/autoscaling/validation/validation.go
"""

from __future__ import annotations

from k8slab.api.validation.rules import Rules

__all__ = ["RULES"]

RULES: dict[tuple[str, str], Rules] = {}
