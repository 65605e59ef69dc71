"""kubectl logs and exec: what containers have printed, and a command run in one.

Which pod and which container is meant: `web-1`, `deploy/web`, `-c NAME`, or the first there is.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{logs/logs.go,exec/exec.go}; pkg/polymorphichelpers/{logsforobject,
          attachablepodforobject,helpers}.go; pkg/cmd/util/podcmd; pkg/util/podutils (ByLogging); client-go,
          tools/remotecommand
Left out  -f shows what is there and ends; --since-time, --limit-bytes, --max-log-requests, --ignore-errors;
          a terminal that a person types into: -i passes what standard input holds, -t is accepted; --quiet;
          the annotation that names a default container; waiting for the first pod of a `deploy/web`
"""

from __future__ import annotations

from typing import Any

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import Report
from k8slab.kubectl.targets import slashed
from k8slab.objects import as_text, get_condition, parse_rfc3339
from k8slab.wire import NotFound

__all__ = ["chosen_container", "exec_", "logs", "most_telling_first"]

USAGE = (
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
    "POD or TYPE/NAME is a required argument for the logs command"
)
SELECTED_TAIL = "10"
PHASES = {"Running": 0, "Unknown": 1, "Pending": 2}
NO_TERMINAL = "Unable to use a TTY - input is not a terminal or the right kind of file\n"


def logs(session: Session, command: Command) -> str:
    """kubectl logs POD|TYPE/NAME|-l SELECTOR [-c CONTAINER | --all-containers] [-p] [--tail=N] [--since=5m]."""
    words, selector = command.words, command.flag("selector")
    if len(words) > 2 or not (words or selector):
        raise command.misused(USAGE)
    if words and selector:
        raise command.misused("only a selector (-l) or a POD name is allowed")
    options, report = _options(command), Report()
    with report:
        for pod in _pods(session, command, report):
            names, said = container_names(pod), ""
            if not command.has("all-containers"):
                name, said = chosen_container(pod, command.flag("container") or "".join(words[1:]))
                names = [name]
            report.say(said)
            for name in names:
                report.say(_log(session, command, pod, name, options))
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
    try:
        found = pods_behind(session, command)
    except NotFound as error:
        text = f'error: error from server (NotFound): {error.message} in namespace "{command.namespace}"'
        raise UsageError(text) from None
    if len(found) > 1:
        report.say(f"Found {len(found)} pods, using pod/{found[0]['metadata']['name']}\n")
    return found[:1]


def _log(session: Session, command: Command, pod: Obj, container: str, options: dict[str, str]) -> str:
    name = pod["metadata"]["name"]
    text = session.client.log(name, pod["metadata"]["namespace"], container=container, **options)
    prefix = f"[pod/{name}/{container}] " if command.has("prefix") else ""
    return "".join(prefix + line for line in text.splitlines(keepends=True))


def exec_(session: Session, command: Command) -> str:
    """kubectl exec POD|TYPE/NAME [-c CONTAINER] -- COMMAND [ARG...]."""
    if len(command.words) > 1 and not command.arguments:
        raise command.misused("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
    if not command.words:
        raise UsageError("error: pod, type/name or --filename must be specified")
    if not command.arguments:
        raise UsageError("error: you must specify at least one command for the container")
    pod = pods_behind(session, command)[0]
    if (phase := pod["status"].get("phase", "")) in ("Succeeded", "Failed"):
        raise UsageError(f"error: cannot exec into a container in a completed pod; current phase is {phase}")
    has_stdin, (container, said) = command.has("stdin"), chosen_container(pod, command.flag("container"))
    if has_stdin and command.has("tty"):
        said += NO_TERMINAL
    options = {"container": container, "stdin": has_stdin, "stdout": True, "stderr": True}
    given = {"input": session.stdin} if has_stdin and session.stdin else {}
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    answer = session.client.exec(name, namespace, command.arguments, **options, **given)
    return said + str(answer["stdout"]) + str(answer["stderr"]) + _end(answer["status"])


def _end(status: Obj) -> str:
    if status["status"] == "Success":
        return ""
    causes = (status.get("details") or {}).get("causes") or ()
    code = next((cause["message"] for cause in causes if cause["reason"] == "ExitCode"), "")
    return f"command terminated with exit code {code}\n" if code else f"error: {status['message']}\n"


def pods_behind(session: Session, command: Command) -> list[Obj]:
    """The pod that the first word names, or the pods of `deploy/web`, the most telling first.

    Raises UsageError, NotFound.
    """
    client, word, namespace = session.client, command.words[0], command.namespace
    if "/" not in word:
        return [client.get("Pod", word, namespace)]
    obj = client.get(*slashed(client, word, namespace).place)
    if obj["kind"] == "Pod":
        return [obj]
    found = client.list("Pod", namespace, labels=_selector(command, obj))
    if not found:
        raise UsageError("error: timed out waiting for the condition")
    return most_telling_first(found)


def _selector(command: Command, obj: Obj) -> str:
    """The selector of the pods behind an object. Raises UsageError, which calls the kind as Go does."""
    selector, kind = obj.get("spec", {}).get("selector"), f"*{obj['apiVersion'].rpartition('/')[2]}.{obj['kind']}"
    problem = f"selector for {kind} not implemented"
    if obj["kind"] == "Service":
        problem = f"invalid service '{obj['metadata']['name']}': Service is defined without a selector"
        selector = selector and {"matchLabels": selector}
    if not isinstance(selector, dict) or not {"matchLabels", "matchExpressions"} & set(selector):
        doing = "attach to" if command.path == "exec" else "get the logs from"
        raise UsageError(f"error: cannot {doing} {kind}: {problem}")
    return as_text(selector)


def most_telling_first(pods: list[Obj]) -> list[Obj]:
    """With a node, running, ready, for a long time, often restarted, old: such pods come first."""
    return sorted(pods, key=_rank)


def _rank(pod: Obj) -> tuple[Any, ...]:
    status = pod.get("status") or {}
    ready = get_condition(pod, "Ready") or {"status": "Unknown"}
    is_ready = ready["status"] == "True"
    since = parse_rfc3339(ready["lastTransitionTime"]) if is_ready else 0.0
    restarts = max((one["restartCount"] for one in status.get("containerStatuses") or ()), default=0)
    phase = PHASES.get(status.get("phase", ""), 0)
    return not pod["spec"].get("nodeName"), phase, not is_ready, since, -restarts, pod["metadata"]["creationTimestamp"]


def chosen_container(pod: Obj, wanted: str) -> tuple[str, str]:
    """The container to ask, and what is said about the choice. Raises UsageError."""
    names, first = container_names(pod), pod["spec"]["containers"][0]["name"]
    marked = (("containers", ""), ("ephemeralContainers", " (ephem)"), ("initContainers", " (init)"))
    shown = ", ".join(one["name"] + mark for field, mark in marked for one in pod["spec"].get(field) or ())
    if wanted and wanted not in names:
        raise UsageError(f"error: container {wanted} is not valid for pod {pod['metadata']['name']} out of: {shown}")
    said = f'Defaulted container "{first}" out of: {shown}\n' if not wanted and len(names) > 1 else ""
    return wanted or first, said


def container_names(pod: Obj) -> list[str]:
    """All names, init containers first, ephemeral ones last."""
    groups = ("initContainers", "containers", "ephemeralContainers")
    return [one["name"] for field in groups for one in pod["spec"].get(field) or ()]
