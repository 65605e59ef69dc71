"""kubectl logs: what containers have printed.

Source    staging/src/k8s.io/kubectl/pkg/cmd/logs/logs.go
Left out  -f shows what is there and ends; --since-time, --limit-bytes, --max-log-requests, --ignore-errors
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session
from k8slab.kubectl.podcmd import chosen_container, container_names, pods_behind
from k8slab.kubectl.report import Report

__all__ = ["logs"]

USAGE = (
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
    "POD or TYPE/NAME is a required argument for the logs command"
)
SELECTED_TAIL, PATIENCE_S = "10", 20.0


def logs(session: Session, command: Command) -> str:
    """kubectl logs POD|TYPE/NAME|-l SELECTOR [-c CONTAINER | --all-containers] [-p] [--tail=N] [--since=5m]."""
    words, selector = command.words, command.flag("selector")
    if len(words) > 2 or (not words and not selector):
        raise command.misused(USAGE)
    if words and selector:
        raise command.misused("only a selector (-l) or a POD name is allowed")
    options, report = _options(command), Report()
    with report:
        for pod in _pods(session, command, report):
            for container in _containers(command, pod, report):
                report.say(_log(session, command, pod, container, options))
    return str(report)


def _options(command: Command) -> dict[str, str]:
    """The flags as the API's options. Raises UsageError."""
    options = {name: "true" for name in ("previous", "timestamps", "follow") if command.has(name)}
    if (tail := command.number("tail", SELECTED_TAIL if command.flag("selector") else "-1")) >= 0:
        options["tailLines"] = str(tail)
    if since_s := round(command.duration("since", "0s")):
        options["sinceSeconds"] = str(since_s)
    return options


def _pods(session: Session, command: Command, report: Report) -> list[Obj]:
    if selector := command.flag("selector"):
        found: list[Obj] = session.client.list("Pod", command.namespace, labels=selector)
        if not found:
            report.say(f"No resources found in {command.namespace} namespace.\n")
        return found
    found = pods_behind(session, command, command.words[0], PATIENCE_S)
    if len(found) > 1:
        report.say(f"Found {len(found)} pods, using pod/{found[0]['metadata']['name']}\n")
    return found[:1]


def _containers(command: Command, pod: Obj, report: Report) -> list[str]:
    if command.has("all-containers"):
        return container_names(pod)
    container, said = chosen_container(pod, command.flag("container") or "".join(command.words[1:]))
    report.say(said)
    return [container]


def _log(session: Session, command: Command, pod: Obj, container: str, options: dict[str, str]) -> str:
    name = pod["metadata"]["name"]
    text = session.client.log(name, pod["metadata"]["namespace"], container=container, **options)
    prefix = f"[pod/{name}/{container}] " if command.has("prefix") else ""
    return "".join(prefix + line for line in text.splitlines(keepends=True))
