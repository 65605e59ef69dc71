"""A command run in a container of this node, or its own process, and how the end is told.

Source    pkg/kubelet/kubelet_pods.go (GetExec), staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/exec.go;
          containerd's texts
Left out  resizing; without a session the command is over at once
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from k8slab.world import Attached, Command, Container

__all__ = [
    "attach",
    "open_command",
    "run_command",
]

Obj = dict[str, Any]

OCI = "OCI runtime exec failed: exec failed: unable to start container process: "


def run_command(container: Container, options: Obj, now: float) -> Obj:
    """What the command printed, on each channel, and the Status that ends the stream."""
    command = tuple(options["command"])
    result = container.exec(command, str(options.get("input") or ""))
    if result.refusal:
        return {"stdout": "", "stderr": "", "status": _refused(container, command, result.refusal, now)}
    status = _ended(command, result.exit_code)
    if options.get("tty"):  # a terminal has one output
        return {"stdout": result.output + result.errors, "stderr": "", "status": status}
    return {"stdout": result.output, "stderr": result.errors, "status": status}


def open_command(container: Container, options: Obj, now: float) -> Command | Obj:
    """A session with the command; what `run_command` answers when it cannot be started."""
    words = tuple(options["command"])
    command = Command(
        container, partial(_ended, words), has_input=bool(options.get("stdin")), is_tty=bool(options.get("tty"))
    )
    refusal = container.begin(command, words)
    if refusal:
        return {"stdout": "", "stderr": "", "status": _refused(container, words, refusal, now)}
    return command


def attach(container: Container, spec: Obj, options: Obj) -> Attached:
    """A session with the process of a container; `spec` is the container's in the pod."""
    is_once = bool(spec.get("stdinOnce"))
    return Attached(container, _ended((), 0), has_input=bool(options.get("stdin")), is_once=is_once)


def _refused(container: Container, command: tuple[str, ...], refusal: str, now: float) -> Obj:
    number = hashlib.sha256(f"{container.id}/{now}/{command}".encode()).hexdigest()
    problem = f'failed to exec in container: failed to start exec "{number}": {OCI}{refusal}'
    text = f"Internal error occurred: error executing command in container: {problem}"
    return _failure("InternalError", text, 500)


def _ended(command: tuple[str, ...], exit_code: int) -> Obj:
    """The Status that ends a stream."""
    if not exit_code:
        return {"metadata": {}, "status": "Success"}
    problem = f"error executing command [{' '.join(command)}], exit code {exit_code}"
    text = f"command terminated with non-zero exit code: {problem}"
    status = _failure("NonZeroExitCode", text)
    status["details"] = {"causes": [{"reason": "ExitCode", "message": str(exit_code)}]}
    return status


def _failure(reason: str, message: str, code: int = 0) -> Obj:
    status: Obj = {"metadata": {}, "status": "Failure", "message": message, "reason": reason}
    return {**status, "code": code} if code else status
