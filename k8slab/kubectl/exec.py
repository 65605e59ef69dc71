"""kubectl exec: run a command in a container.

Source    staging/src/k8s.io/kubectl/pkg/cmd/exec/exec.go; client-go, tools/remotecommand
Left out  a terminal that a person types into: -i passes what standard input holds, -t is accepted
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.podcmd import chosen_container, pods_behind

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "exec_",
]

Obj = dict[str, Any]

PATIENCE_S = 60.0
NO_TERMINAL = "Unable to use a TTY - input is not a terminal or the right kind of file\n"


def exec_(session: Session, command: Command) -> str:
    """kubectl exec POD|TYPE/NAME [-c CONTAINER] -- COMMAND [ARG...]."""
    at = command.words.index("--") if "--" in command.words else len(command.words)
    names, words = command.words[:at], command.words[at + 1 :]
    if len(names) > 1 and not words:
        raise command.misused("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
    if not names:
        raise UsageError("error: pod, type/name or --filename must be specified")
    if not words:
        raise UsageError("error: you must specify at least one command for the container")
    pod = pods_behind(session, command, names[0], PATIENCE_S)[0]
    phase = pod["status"].get("phase", "")
    if phase in ("Succeeded", "Failed"):
        raise UsageError(f"error: cannot exec into a container in a completed pod; current phase is {phase}")
    container, said = command.flag("container"), ""
    if not container:
        container, said = chosen_container(pod, "")
    is_quiet = command.has("quiet")
    if command.has("stdin") and command.has("tty") and not is_quiet:
        said += NO_TERMINAL
    options = {"container": container, "stdin": command.has("stdin"), "stdout": True, "stderr": True}
    if command.has("stdin") and session.stdin:
        options["input"] = session.stdin
    answer = session.client.exec(pod["metadata"]["name"], pod["metadata"]["namespace"], words, **options)
    return ("" if is_quiet else said) + str(answer["stdout"]) + str(answer["stderr"]) + _end(answer["status"])


def _end(status: Obj) -> str:
    if status["status"] == "Success":
        return ""
    causes = (status.get("details") or {}).get("causes") or ()
    code = next((cause["message"] for cause in causes if cause["reason"] == "ExitCode"), "")
    return f"command terminated with exit code {code}\n" if code else f"error: {status['message']}\n"
