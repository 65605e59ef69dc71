"""A transcript: lines that begin with `$ ` are typed, the lines below each are what a terminal then shows.

`$ kubectl …` runs on a cluster of three workers; a `<<EOF` at its end takes the lines up to `EOF` as standard input.
`$ run 30s`, `$ settle`, `$ fail node-1` and whatever else a cluster can do are done to it, and `$ cloud.outage` and
whatever else its cloud's console can do. What stands above the first `$ ` is a title.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from k8slab.kubeadm import Cluster

HEREDOC = "<<EOF"


def replay(text: str) -> str:
    """The transcript as it reads when its commands are run now."""
    cluster = Cluster(nodes=3, seed=0)
    lines = iter(text.splitlines())
    shown = []
    for line in lines:
        if line.startswith("$ "):
            stdin = "".join(_heredoc(lines)) if line.endswith(HEREDOC) else ""
            shown += [line + "\n", stdin, _ended(_answer(cluster, line.removeprefix("$ "), stdin))]
        elif not any(typed.startswith("$ ") for typed in shown):
            shown.append(line + "\n")
    return "".join(shown)


def _ended(text: str) -> str:
    """The prompt begins a line of its own, whatever stands before it."""
    return text if text.endswith("\n") or not text else text + "\n"


def _heredoc(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line + "\n"
        if line == "EOF":
            return


def _answer(cluster: Cluster, typed: str, stdin: str) -> str:
    verb, _, rest = typed.partition(" ")
    if verb == "kubectl":
        return cluster.kubectl(rest.removesuffix(HEREDOC), stdin.removesuffix("EOF\n"))
    attrgetter(verb)(cluster)(*rest.split())
    return ""
