"""A command run in a container of this node, and how its end is told.

Source    pkg/kubelet/kubelet_pods.go (GetExec), staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/exec.go;
          containerd's texts
Left out  terminals, resizing, standard input that comes bit by bit; the command is over at once
"""

from __future__ import annotations

import hashlib
from typing import Any

from k8slab.world import Container

__all__ = [
    "run_command",
]

Obj = dict[str, Any]

OCI = "OCI runtime exec failed: exec failed: unable to start container process: "


def run_command(container: Container, options: Obj, now: float) -> Obj:
    """What the command printed, on each channel, and the Status that ends the stream."""
    command = tuple(options["command"])
    result = container.exec(command, str(options.get("input") or ""))
    if result.refusal:
        number = hashlib.sha256(f"{container.id}/{now}/{command}".encode()).hexdigest()
        problem = f'failed to exec in container: failed to start exec "{number}": {OCI}{result.refusal}'
        text = f"Internal error occurred: error executing command in container: {problem}"
        return {"stdout": "", "stderr": "", "status": _failure("InternalError", text, 500)}
    status: Obj = {"metadata": {}, "status": "Success"}
    if result.exit_code:
        text = f"command terminated with non-zero exit code: exit status {result.exit_code}"
        status = _failure("NonZeroExitCode", text)
        status["details"] = {"causes": [{"reason": "ExitCode", "message": str(result.exit_code)}]}
    if options.get("tty"):  # a terminal has one output
        return {"stdout": result.output + result.errors, "stderr": "", "status": status}
    return {"stdout": result.output, "stderr": result.errors, "status": status}


def _failure(reason: str, message: str, code: int = 0) -> Obj:
    status: Obj = {"metadata": {}, "status": "Failure", "message": message, "reason": reason}
    return {**status, "code": code} if code else status
