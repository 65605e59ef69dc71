"""kubectl autoscale: a HorizontalPodAutoscaler for a workload.

Source    staging/src/k8s.io/kubectl/pkg/cmd/autoscale/autoscale.go
Left out  -f; the deprecated way through autoscaling/v1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError, number
from k8slab.kubectl.create import made
from k8slab.kubectl.targets import targets
from k8slab.objects import parse_quantity

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "autoscale",
]

Obj = dict[str, Any]

DEPRECATED = (
    "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for "
    "utilization or '500m' for milliCPU).\n"
)
UNITS = {"cpu": "m", "memory": "Mi"}


def autoscale(session: Session, command: Command) -> str:
    """kubectl autoscale KIND NAME --max=… [--min=…] [--cpu=50%|500m] [--memory=…]."""
    if "--max" not in command.flags:
        raise UsageError('error: required flag(s) "max" not set')
    most, least = number(command, "max"), number(command, "min", "-1")
    if most < 1:
        raise UsageError(f"error: --max=MAXPODS is required and must be at least 1, max: {most}")
    if most < least:
        raise UsageError(f"error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}")
    if "--cpu-percent" in command.flags and "--cpu" in command.flags:
        raise UsageError("error: --cpu-percent and --cpu are mutually exclusive")
    percent = f"{number(command, 'cpu-percent')}%" if "--cpu-percent" in command.flags else ""
    wishes = {"cpu": command.flag("cpu") or percent, "memory": command.flag("memory")}
    spec: Obj = {"maxReplicas": most, **({"minReplicas": least} if least > 0 else {})}
    if metrics := [_metric(name, text) for name, text in wishes.items() if text]:
        spec["metrics"] = metrics
    text = DEPRECATED if percent else ""
    for target in targets(session.client, command.words, command):
        resource = target.resource
        if "scale" not in resource.subresources:
            raise UsageError(
                f"error: cannot autoscale a {resource.kind}: the server could not find the requested resource"
            )
        reference = {"apiVersion": resource.api_version, "kind": resource.kind, "name": target.name}
        metadata = {"name": command.flag("name", target.name), "namespace": command.namespace}
        obj = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata}
        text += made(session, command, {**obj, "spec": {"scaleTargetRef": reference, **spec}}, "autoscaled")
    return text


def _metric(name: str, text: str) -> Obj:
    """`50%` of what is requested, or an amount; a bare number is in m or Mi. Raises UsageError."""
    if text.endswith("%"):
        if not text[:-1].isdecimal():
            raise UsageError(f'error: invalid percentage format: "{text}"')
        target: Obj = {"type": "Utilization", "averageUtilization": int(text[:-1])}
    else:
        amount = text + UNITS[name] * text.isdecimal()
        try:
            parse_quantity(amount)
        except ValueError:
            raise UsageError(f'error: invalid {name} quantity: "{text}"') from None
        target = {"type": "AverageValue", "averageValue": amount}
    return {"type": "Resource", "resource": {"name": name, "target": target}}
