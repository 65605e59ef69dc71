"""The real kubectl, for clusters that are not in this process."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from k8slab.lab.words import say

__all__ = ["run_kubectl"]

PATIENCE_S = 60.0


def run_kubectl(command: str, stdin: str, kubeconfig: str, context: str, lang: str) -> str:
    """What `kubectl COMMAND` prints, errors too. Raises ValueError where there is no kubectl, or no end."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("kubectl", path=path)
    if program is None:
        raise ValueError(say(lang, "no kubectl"))
    flags = [f"--context={context}", *([f"--kubeconfig={kubeconfig}"] if _is_one_file(kubeconfig) else [])]
    words = shlex.split(command)
    words = words[1:] if words[:1] == ["kubectl"] else words
    line = [program, *flags, *words]
    try:
        done = subprocess.run(line, input=stdin, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(say(lang, "no end", seconds=f"{PATIENCE_S:.0f}")) from None
    return done.stdout + done.stderr


def _is_one_file(kubeconfig: str) -> bool:
    """Several files in KUBECONFIG are merged by kubectl itself, which reads that variable too."""
    return bool(kubeconfig) and os.pathsep not in kubeconfig
