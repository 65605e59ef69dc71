"""kubectl in this process: one line in, the text that a terminal would show out.

Left out  every verb that VERBS does not name (the real kubectl has them); files other than manifests; plugins
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab.client import Client
from k8slab.kubectl import create, describe, get, marks, nodes, rollout, write
from k8slab.kubectl.command import Command, UsageError, error_text, parse
from k8slab.wire import ApiError

__all__ = [
    "Kubectl",
    "Session",
]

Run = Callable[[float], None]


class Session:
    """What a verb works with: the client, standard input, and a way to let time pass."""

    def __init__(self, client: Client, stdin: str, run: Run | None) -> None:
        self.client = client
        self.stdin = stdin
        self._run = run

    def wait(self, seconds: float) -> bool:
        """Let virtual time pass; False when nobody can."""
        if self._run is None:
            return False
        self._run(seconds)
        return True


Verb = Callable[[Session, Command], str]

OBJECTS = {"selector", "filename", "all", "dry-run", "output", "field-selector", "field-manager"}
DELETING = {"force", "now", "grace-period", "cascade", "wait", "ignore-not-found", "timeout"}
VERBS: dict[str, tuple[Verb, set[str]]] = {
    "get": (get.get, OBJECTS | {"all-namespaces", "show-labels", "no-headers", "sort-by", "label-columns", "watch",
                                "ignore-not-found", "show-managed-fields"}),
    "describe": (describe.describe, OBJECTS | {"all-namespaces"}),
    "events": (get.events, {"all-namespaces", "for", "types", "no-headers", "watch"}),
    "api-resources": (get.api_resources, {"namespaced", "no-headers", "output"}),
    "version": (get.version, {"output"}),
    "apply": (write.apply, OBJECTS | {"force"}),
    "create": (create.create, OBJECTS | {"image", "replicas", "port", "from-literal", "tcp", "type"}),
    "delete": (write.delete, OBJECTS | DELETING),
    "patch": (write.patch, OBJECTS | {"patch", "type", "subresource"}),
    "replace": (write.replace, OBJECTS | {"force"}),
    "scale": (write.scale, OBJECTS | {"replicas", "current-replicas"}),
    "label": (marks.label, OBJECTS | {"overwrite", "list"}),
    "annotate": (marks.annotate, OBJECTS | {"overwrite", "list"}),
    "set": (marks.set_, OBJECTS),
    "expose": (create.expose, OBJECTS | {"port", "target-port", "name", "type", "protocol"}),
    "run": (create.run, {"image", "port", "labels", "env", "restart", "dry-run", "output"}),
    "rollout": (rollout.rollout, OBJECTS | {"to-revision", "revision", "timeout", "watch"}),
    "wait": (rollout.wait, OBJECTS | {"for", "timeout"}),
    "cordon": (nodes.cordon, OBJECTS),
    "uncordon": (nodes.uncordon, OBJECTS),
    "taint": (nodes.taint, OBJECTS | {"overwrite"}),
    "drain": (nodes.drain, OBJECTS | {"ignore-daemonsets", "delete-emptydir-data", "force", "grace-period", "timeout"}),
}  # fmt: skip
REAL_VERBS = {
    "attach", "auth", "autoscale", "certificate", "cluster-info", "completion", "config", "cp", "debug", "diff", "edit",
    "exec", "explain", "kustomize", "logs", "options", "plugin", "port-forward", "proxy", "top", "api-versions",
}  # fmt: skip


class Kubectl:
    """`run("get pods -o wide")` answers what the terminal would show; errors are text too."""

    def __init__(self, client: Client, run: Run | None = None) -> None:
        self._client = client
        self._run = run

    def run(self, line: str, stdin: str = "") -> str:
        """Run one command line (with or without the leading `kubectl`)."""
        try:
            return self._answer(line, stdin)
        except UsageError as error:
            return f"{error}\n"
        except ApiError as error:
            return f"{error_text(error)}\n"

    def _answer(self, line: str, stdin: str) -> str:
        line = line.strip()
        if line == "kubectl" or line.startswith("kubectl "):
            line = line[len("kubectl") :].strip()
        verb = next((word for word in line.split() if not word.startswith("-")), "")
        if not verb:
            return "kubectl controls the Kubernetes cluster manager. Verbs known here: " + ", ".join(VERBS) + "\n"
        if verb not in VERBS:
            if verb in REAL_VERBS:
                raise UsageError(f'error: this slab\'s kubectl has no "{verb}"; the real kubectl does')
            raise UsageError(f'error: unknown command "{verb}" for "kubectl"')
        answer, known = VERBS[verb]
        command = parse(line, known)
        command.words.remove(verb)
        self._client.warnings.clear()
        text = answer(Session(self._client, stdin, self._run), command)
        return "".join(f"Warning: {warning}\n" for warning in self._client.warnings) + text
