"""kubectl exec: run a command in a container.

Source    staging/src/k8s.io/kubectl/pkg/cmd/exec/exec.go; client-go, tools/remotecommand
Left out  a terminal that a person types into: -i passes what standard input holds, -t is accepted; --quiet
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.podcmd import chosen_container, pods_behind

__all__ = ["exec_"]

PATIENCE_S = 60.0
NO_TERMINAL = "Unable to use a TTY - input is not a terminal or the right kind of file\n"


def exec_(session: Session, command: Command) -> str:
    """kubectl exec POD|TYPE/NAME [-c CONTAINER] -- COMMAND [ARG...]."""
    if len(command.words) > 1 and not command.arguments:
        raise command.misused("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
    if not command.words:
        raise UsageError("error: pod, type/name or --filename must be specified")
    if not command.arguments:
        raise UsageError("error: you must specify at least one command for the container")
    pod = pods_behind(session, command, command.words[0], PATIENCE_S)[0]
    phase = pod["status"].get("phase", "")
    if phase in ("Succeeded", "Failed"):
        raise UsageError(f"error: cannot exec into a container in a completed pod; current phase is {phase}")
    container, said = command.flag("container"), ""
    if not container:
        container, said = chosen_container(pod, "")
    has_stdin = command.has("stdin")
    if has_stdin and command.has("tty"):
        said += NO_TERMINAL
    options = {"container": container, "stdin": has_stdin, "stdout": True, "stderr": True}
    if has_stdin and session.stdin:
        options["input"] = session.stdin
    metadata = pod["metadata"]
    answer = session.client.exec(metadata["name"], metadata["namespace"], command.arguments, **options)
    return said + str(answer["stdout"]) + str(answer["stderr"]) + _end(answer["status"])


def _end(status: Obj) -> str:
    if status["status"] == "Success":
        return ""
    causes = (status.get("details") or {}).get("causes") or ()
    code = next((cause["message"] for cause in causes if cause["reason"] == "ExitCode"), "")
    return f"command terminated with exit code {code}\n" if code else f"error: {status['message']}\n"
