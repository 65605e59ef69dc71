"""kubectl autoscale: an autoscaler for what has a scale.

Source    staging/src/k8s.io/kubectl/pkg/cmd/autoscale/autoscale.go
Left out  -f; --save-config; autoscaling/v1 for servers without v2
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import said
from k8slab.kubectl.targets import Target, each_object, targets
from k8slab.objects import canonical_quantity, parse_quantity
from k8slab.wire import ApiError

__all__ = ["autoscale"]

UNITS = {"cpu": "m", "memory": "Mi"}  # of a number without one
NO_SCALE = "could not find scale subresource for {}/{}, Resource={} in discovery information"
DEPRECATED = (
    "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for "
    "utilization or '500m' for milliCPU).\n"
)
BOTH_FAIL = "error: failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: "


def autoscale(session: Session, command: Command) -> str:
    """kubectl autoscale KIND NAME --max=N [--min=N] [--cpu=50%|500m] [--memory=70%|200Mi]."""
    if "max" not in command.flags:
        raise UsageError('error: required flag(s) "max" not set')
    least, most = command.number("min", "-1"), command.number("max")
    if most < 1:
        raise UsageError(f"error: --max=MAXPODS is required and must be at least 1, max: {most}")
    if most < least:
        raise UsageError(f"error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}")
    spec: Obj = {"minReplicas": least, "maxReplicas": most} if least > 0 else {"maxReplicas": most}
    if metrics := _metrics(command):
        spec["metrics"] = metrics
    warning = DEPRECATED if "cpu-percent" in command.flags else ""
    found = targets(session, command)
    return warning + each_object(session, found, lambda target, _: _autoscaled(session, command, target, spec))


def _autoscaled(session: Session, command: Command, target: Target, spec: Obj) -> str:
    resource = target.resource
    if "scale" not in resource.subresources:
        problem = NO_SCALE.format(resource.group, resource.version, resource.plural)
        raise UsageError(f"error: cannot autoscale a {resource.kind}: {problem}")
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": command.flag("name") or target.name, "namespace": target.namespace},
        "spec": {"scaleTargetRef": _reference(target), **spec},
    }
    if command.is_client_dry_run:
        return said(command, autoscaler, "created")
    try:
        made = session.client.create(autoscaler, dry_run=command.is_dry_run)
    except ApiError:
        _check_v1(command)
        raise
    return said(command, made, "autoscaled")


def _reference(target: Target) -> Obj:
    return {"apiVersion": target.resource.api_version, "kind": target.resource.kind, "name": target.name}


def _check_v1(command: Command) -> None:
    """Whether the second try, in autoscaling/v1, would have been made. Raises UsageError where it would not."""
    if not command.flag("cpu"):
        raise UsageError(f"{BOTH_FAIL}empty input")
    is_share = command.flag("cpu").strip().endswith("%")
    if command.flag("memory") or not is_share:
        raise UsageError(f"{BOTH_FAIL}%!w(<nil>)")


def _metrics(command: Command) -> list[Obj]:
    """The metrics that the flags ask for; none leaves them to the server. Raises UsageError."""
    percent = command.number("cpu-percent", "-1")
    if percent > 0 and command.flag("cpu"):
        raise UsageError(f"{DEPRECATED}error: --cpu-percent and --cpu are mutually exclusive")
    metrics = [_metric("cpu", {"type": "Utilization", "averageUtilization": percent})] if percent > 0 else []
    return metrics + [_metric(name, _target(name, command.flag(name))) for name in UNITS if command.flag(name)]


def _metric(name: str, target: Obj) -> Obj:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def _target(name: str, text: str) -> Obj:
    """A share of what is requested (`70%`), or an amount (`500m`). Raises UsageError."""
    text = text.strip()
    if text.endswith("%"):
        share = text.removesuffix("%")
        if not share.isdecimal():
            raise UsageError(f"error: invalid percentage value: {share}")
        return {"type": "Utilization", "averageUtilization": int(share)}
    try:
        amount = parse_quantity(f"{text}{UNITS[name]}" if text.replace(".", "", 1).isdecimal() else text)
    except ValueError:
        raise UsageError(f"error: invalid resource {name} value: {text}") from None
    is_binary = text.endswith("i") or (name == "memory" and text[-1:].isdecimal())
    return {"type": "AverageValue", "averageValue": canonical_quantity(amount, is_binary=is_binary)}
