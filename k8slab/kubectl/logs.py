"""kubectl logs: what containers have printed.

Source    staging/src/k8s.io/kubectl/pkg/cmd/logs/logs.go
Left out  -f shows what is there and ends; --max-log-requests, --ignore-errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError, duration, number
from k8slab.kubectl.podcmd import chosen_container, container_names, pods_behind
from k8slab.kubectl.report import Report

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "logs",
]

Obj = dict[str, Any]

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
    if len(words) == 1 and selector:
        raise command.misused("only a selector (-l) or a POD name is allowed")
    options, report = _options(command), Report()
    _check(command, options)
    with report:
        for pod in _pods(session, command, report):
            for container in _containers(command, pod, report):
                report.say(_log(session, command, pod, {**options, "container": container}))
    return str(report)


def _options(command: Command) -> dict[str, str]:
    """The flags as the API's options. Raises UsageError."""
    options = {name: "true" for name in ("previous", "timestamps", "follow") if command.has(name)}
    if tail := number(command, "tail", "-1") + 1:
        options["tailLines"] = str(tail - 1)
    elif command.flag("selector") and "--tail" not in command.flags:
        options["tailLines"] = SELECTED_TAIL
    if limit := number(command, "limit-bytes", "0"):
        options["limitBytes"] = str(limit)
    if since_s := round(duration(command, "since", "0s")):
        options["sinceSeconds"] = str(since_s)
    if since := command.flag("since-time"):
        options["sinceTime"] = since
    return options


def _check(command: Command, options: dict[str, str]) -> None:
    container = command.flag("container") or "".join(command.words[1:])
    problem = ""
    if "sinceTime" in options and "sinceSeconds" in options:
        problem = "at most one of `sinceTime` or `sinceSeconds` may be specified"
    elif command.has("all-containers") and container:
        problem = f"--all-containers=true should not be specified with container name {container}"
    elif command.flag("container") and len(command.words) == 2:
        problem = "only one of -c or an inline [CONTAINER] arg is allowed"
    elif int(options.get("limitBytes", 1)) < 0:
        problem = "--limit-bytes must be greater than 0"
    elif int(options.get("tailLines", 0)) < 0:
        problem = "--tail must be greater than or equal to -1"
    if problem:
        raise UsageError(f"error: {problem}")


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


def _log(session: Session, command: Command, pod: Obj, options: dict[str, str]) -> str:
    name = pod["metadata"]["name"]
    text = session.client.log(name, pod["metadata"]["namespace"], **options)
    if not command.has("prefix"):
        return text
    prefix = f"[pod/{name}/{options['container']}] "
    return "".join(prefix + line for line in text.splitlines(keepends=True))
