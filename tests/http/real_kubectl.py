"""The scenarios of the in-process kubectl, typed into the real one against a served cluster."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from k8slab import Cluster
from k8slab.http import HttpServer

HEREDOC = "<<EOF"
LONGEST_S = 60.0
FAST = 20.0  # virtual seconds in a real one, while a command waits for something
WAITS = re.compile(r"^(wait|exec|rollout status|delete|drain|get .*(-w|--watch)\b|logs .*-f\b)")


class Typed(NamedTuple):
    """One command of a scenario, and what the in-process kubectl answers."""

    line: str
    stdin: str
    answer: list[str]


def kubectl_path() -> str | None:
    """The kubectl beside this Python, or else on the PATH; None when there is none."""
    return shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")


def typed(text: str) -> list[Typed]:
    """The commands of a transcript."""
    found: list[Typed] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            stdin = "".join(_heredoc(lines)) if line.endswith(HEREDOC) else ""
            found.append(Typed(line.removeprefix("$ ").removesuffix(HEREDOC).strip(), stdin, []))
        elif found:
            found[-1].answer.append(line)
    return found


def _heredoc(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == "EOF":
            return
        yield line + "\n"


def answers(scenario: str, home: Path) -> Iterator[tuple[Typed, list[str]]]:
    """Each kubectl command of a scenario with the lines that the real kubectl prints, errors behind the rest."""
    cluster = Cluster(nodes=3, seed=0)
    with cluster.serve(speed=0) as server:
        for command in typed(scenario):
            verb, _, rest = command.line.partition(" ")
            if verb == "kubectl":
                yield command, _run(server, rest, command.stdin, home)
            else:
                server.pacer.call(lambda verb=verb, rest=rest: getattr(cluster, verb)(*rest.split())).result()


def _run(server: HttpServer, line: str, stdin: str, home: Path) -> list[str]:
    """What one command prints; time passes only while it waits for something."""
    server.pacer.speed = FAST if WAITS.search(line) else 0
    env = {"HOME": str(home), "KUBECONFIG": str(server.kubeconfig), "PATH": "/usr/bin:/bin", "KUBERC": "off"}
    try:
        done = subprocess.run(
            f"{kubectl_path()} {line}", shell=True, executable="/bin/bash", input=stdin, capture_output=True, text=True,
            env=env, timeout=LONGEST_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ["[still waiting]"]
    finally:
        server.pacer.speed = 0
    return (done.stdout + done.stderr).splitlines()


def told(lines: list[str]) -> list[str]:
    """The lines without what differs between two runs: ages, moments, widths. In no order: errors have their own."""
    text = "\n".join(lines)
    text = re.sub(r"\b\d+(?:d|h|m|s)(?:\d+[hms])?\b", "AGE", text)
    text = re.sub(r"\d\d:\d\d:\d\d", "TIME", text)
    text = re.sub(r'(resourceVersion"?: |Resource Version: *)"?\d+"?', r"\1N", text)
    return sorted(line.strip() for line in re.sub(r"[ \t]+", " ", text).splitlines() if line.strip())
