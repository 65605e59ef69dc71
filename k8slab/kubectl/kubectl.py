"""kubectl in this process: one line in, the text that a terminal would show out.

Left out  every verb that VERBS does not name (the real kubectl has them); files other than manifests; plugins
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab.client import Client
from k8slab.kubectl import (
    apply,
    auth,
    autoscale,
    change,
    create,
    delete,
    drain,
    events,
    explain,
    get,
    nodes,
    rollout,
    run,
    server,
    top,
    wait,
)
from k8slab.kubectl.command import Command, UsageError, parse
from k8slab.kubectl.describe import describe
from k8slab.kubectl.exec import exec_
from k8slab.kubectl.logs import logs
from k8slab.kubectl.report import error_text
from k8slab.kubectl.server_side import field_manager
from k8slab.kubectl.set import set_
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

    @property
    def can_wait(self) -> bool:
        """Somebody lets time pass."""
        return self._run is not None

    def wait(self, seconds: float) -> bool:
        """Let virtual time pass; False when nobody can."""
        if self._run is None:
            return False
        self._run(seconds)
        return True


Verb = Callable[[Session, Command], str]

OBJECTS = {"selector", "filename", "all", "all-namespaces", "dry-run", "output", "field-selector", "field-manager"}
WRITES = {"validate"}
VERBS: dict[str, tuple[Verb, set[str]]] = {
    "get": (get.get, OBJECTS | {"show-labels", "no-headers", "sort-by", "label-columns", "watch", "ignore-not-found",
                                "show-managed-fields"}),
    "describe": (describe, OBJECTS | {"show-events"}),
    "explain": (explain.explain, {"recursive", "api-version"}),
    "events": (events.events, {"all-namespaces", "for", "types", "no-headers"}),
    "api-resources": (server.api_resources, {"namespaced", "no-headers", "output", "api-group"}),
    "api-versions": (server.api_versions, set()),
    "version": (server.version, {"client"}),
    "logs": (logs, {"container", "all-containers", "follow", "limit-bytes", "prefix", "previous", "selector", "since",
                    "since-time", "tail", "timestamps"}),
    "exec": (exec_, {"container", "stdin", "tty", "quiet"}),
    "auth": (auth.auth, {"list", "quiet", "subresource", "all-namespaces", "no-headers", "output"}),
    "apply": (apply.apply, OBJECTS | WRITES | {"server-side", "force-conflicts", "show-managed-fields"}),
    "create": (create.create, OBJECTS | WRITES | create.FLAGS),
    "autoscale": (autoscale.autoscale, OBJECTS | {"min", "max", "cpu", "memory", "cpu-percent", "name"}),
    "delete": (delete.delete, OBJECTS | {"force", "now", "grace-period", "cascade", "wait", "ignore-not-found",
                                         "timeout"}),
    "patch": (change.patch, OBJECTS | {"patch", "type", "subresource"}),
    "replace": (apply.replace, (OBJECTS | WRITES | {"force"}) - {"dry-run"}),
    "scale": (change.scale, OBJECTS | {"replicas", "current-replicas"}),
    "label": (change.label, OBJECTS | {"overwrite", "list"}),
    "annotate": (change.annotate, OBJECTS | {"overwrite", "list"}),
    "set": (set_, OBJECTS),
    "expose": (run.expose, OBJECTS | {"port", "target-port", "name", "type", "protocol"}),
    "run": (run.run, {"image", "port", "labels", "env", "restart", "dry-run", "output", "command", "stdin", "tty",
                      "attach", "rm", "quiet"}),
    "rollout": (rollout.rollout, {"selector", "output", "to-revision", "revision", "timeout", "watch"}),
    "top": (top.top, {"selector", "all-namespaces", "containers", "no-headers", "sort-by"}),
    "wait": (wait.wait, OBJECTS | {"for", "timeout"}),
    "cordon": (nodes.cordon, {"selector", "dry-run"}),
    "uncordon": (nodes.uncordon, {"selector", "dry-run"}),
    "taint": (nodes.taint, OBJECTS | {"overwrite"}),
    "drain": (drain.drain, {"selector", "pod-selector", "dry-run", "ignore-daemonsets", "delete-emptydir-data", "force",
                            "grace-period", "timeout"}),
}  # fmt: skip
KNOWN_FLAGS = {flag for _, flags in VERBS.values() for flag in flags}
SUBCOMMANDS = {
    **create.SUBCOMMANDS,
    "auth": {"can-i", "whoami"},
    "rollout": set(rollout.ACTIONS),
    "set": {"image", "env"},
}
REAL_VERBS = {
    "attach", "certificate", "cluster-info", "completion", "config", "cp", "debug", "diff", "edit",
    "kustomize", "options", "plugin", "port-forward", "proxy",
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
        verb, command = parse(line, KNOWN_FLAGS, SUBCOMMANDS)
        if not verb:
            return "kubectl controls the Kubernetes cluster manager. Verbs known here: " + ", ".join(VERBS) + "\n"
        if verb not in VERBS:
            if verb in REAL_VERBS:
                raise UsageError(f'error: this slab\'s kubectl has no "{verb}"; the real kubectl does')
            raise UsageError(f'error: unknown command "{verb}" for "kubectl"')
        answer, known = VERBS[verb]
        client = self._acting(command.checked(known))
        client.warnings.clear()
        with client.writing_as(field_manager(verb, command)):
            text = answer(Session(client, stdin, self._run), command)
        return "".join(f"Warning: {warning}\n" for warning in client.warnings) + text

    def _acting(self, command: Command) -> Client:
        """The client, in the name of whom --as and --as-group say."""
        user, groups = command.flag("as"), tuple(command.flags.get("--as-group", ()))
        if groups and not user:
            whose = "error: requesting uid, groups or user-extra for kubernetes-admin without impersonating a user"
            raise UsageError(whose)
        return self._client.impersonating(user, groups) if user else self._client
