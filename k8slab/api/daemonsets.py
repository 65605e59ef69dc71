"""What the server itself adds to a DaemonSet: an annotation that counts the changes of its template.

Source    pkg/registry/apps/daemonset/strategy.go; pkg/apis/apps/v1/conversion.go (Spec.TemplateGeneration)
Left out  an annotation that is no number is not refused, but replaced
"""

from __future__ import annotations

from typing import Any

__all__ = ["with_template_generation"]

Obj = dict[str, Any]

ANNOTATION = "deprecated.daemonset.template.generation"


def with_template_generation(new: Obj, old: Obj | None = None) -> Obj:
    """The DaemonSet with its count: 1 (or what was asked for) at first, and one more for each other template."""
    annotations = new["metadata"].get("annotations") or {}
    if old is None:
        number = max(_number(annotations), 1)
    else:
        was = _number(old["metadata"].get("annotations") or {})
        number = was + (new["spec"].get("template") != old["spec"].get("template"))
    return {**new, "metadata": {**new["metadata"], "annotations": {**annotations, ANNOTATION: str(number)}}}


def _number(annotations: Obj) -> int:
    text = str(annotations.get(ANNOTATION, ""))
    return int(text) if text.isascii() and text.isdigit() else 0
