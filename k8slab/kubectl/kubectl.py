"""kubectl in this process: one line in, the text that a terminal would show out.

Left out  every verb that VERBS does not name (the real kubectl has them); help; files other than manifests; plugins
"""

from __future__ import annotations

import re
from collections.abc import Callable

from k8slab.client import Client
from k8slab.kubectl import apply, change, create, nodes, rollout
from k8slab.kubectl.autoscale import autoscale
from k8slab.kubectl.command import Command, Session, UsageError, left_out, parse
from k8slab.kubectl.containers import exec_, logs
from k8slab.kubectl.delete import delete
from k8slab.kubectl.describe import describe
from k8slab.kubectl.events import events
from k8slab.kubectl.get import get
from k8slab.kubectl.report import Report
from k8slab.kubectl.server import api_resources, auth, explain
from k8slab.kubectl.top import top
from k8slab.kubectl.wait import wait

__all__ = ["Kubectl", "Session"]

Verb = Callable[[Session, Command], str]

# a verb, and its flags; `?` marks a switch, which needs no value
WHICH = "selector all? all-namespaces? "
WRITES = "dry-run output field-manager "
VERBS: dict[str, tuple[Verb, str]] = {
    "get": (get, "selector field-selector all-namespaces? output show-labels? no-headers? sort-by "
                     "label-columns watch? show-managed-fields?"),
    "describe": (describe, "selector all-namespaces? show-events?"),
    "explain": (explain, "recursive?"),
    "events": (events, "all-namespaces? for no-headers?"),
    "api-resources": (api_resources, "namespaced? no-headers? output api-group"),
    "logs": (logs, "container all-containers? follow? prefix? previous? selector since tail timestamps?"),
    "exec": (exec_, "container stdin? tty?"),
    "auth": (auth, "subresource all-namespaces?"),
    "apply": (apply.apply, WRITES + "filename server-side? force-conflicts? show-managed-fields?"),
    "create": (create.create, WRITES + "filename clusterip from-literal hard image node-port port replicas restart "
                              "schedule tcp"),
    "delete": (delete, WHICH + "filename dry-run output force? now? grace-period cascade wait? ignore-not-found?"),
    "patch": (change.patch, WRITES + WHICH + "patch type subresource"),
    "replace": (apply.replace, "filename output field-manager"),
    "scale": (change.scale, WRITES + WHICH + "replicas"),
    "autoscale": (autoscale, WRITES + WHICH + "max min cpu cpu-percent memory name"),
    "label": (change.mark, WRITES + WHICH + "overwrite?"),
    "annotate": (change.mark, WRITES + WHICH + "overwrite?"),
    "set": (change.set_, WRITES + WHICH),
    "expose": (create.expose, WRITES + "selector port target-port name type protocol"),
    "run": (create.run, WRITES + "image port labels env restart command?"),
    "rollout": (rollout.rollout, "output to-revision timeout watch?"),
    "top": (top, "selector all-namespaces? no-headers? sort-by"),
    "wait": (wait, WHICH + "for timeout"),
    "cordon": (nodes.cordon, "selector dry-run"),
    "uncordon": (nodes.cordon, "selector dry-run"),
    "taint": (nodes.taint, WRITES + WHICH + "overwrite?"),
    "drain": (nodes.drain, "selector dry-run ignore-daemonsets? delete-emptydir-data? force? timeout"),
}  # fmt: skip
KNOWN_FLAGS = {flag for _, flags in VERBS.values() for flag in flags.split()}
PATHS = create.PATHS | {path: path for path in ("auth can-i", "set image", "set env", *rollout.PATHS)}
REAL_VERBS = (
    "api-versions", "attach", "auth reconcile", "auth whoami", "certificate", "cluster-info",
    "completion", "config", "cp", "create clusterrole", "create clusterrolebinding", "create ingress", "create pdb",
    "create poddisruptionbudget", "create priorityclass", "create role", "create rolebinding",
    "create secret docker-registry", "create secret tls", "create service externalname", "create token", "debug",
    "diff", "edit", "help", "kuberc", "kustomize", "options", "plugin", "port-forward", "proxy", "set resources",
    "set selector", "set serviceaccount", "set subject", "version",
)  # fmt: skip


class Kubectl:
    """`run("get pods -o wide")` answers what the terminal would show; errors are text too."""

    def __init__(self, client: Client, run: Callable[[float], None] | None = None) -> None:
        self._client = client
        self._run = run

    def run(self, line: str, stdin: str = "") -> str:
        """Run one command line (with or without the leading `kubectl`)."""
        report = Report()
        with report:
            report.say(self._answer(re.sub(r"^\s*kubectl(\s+|$)", "", line), stdin))
        return str(report)

    def _answer(self, line: str, stdin: str) -> str:
        verb, command = parse(line, KNOWN_FLAGS, PATHS)
        if command.has("help") or (verb in ("auth", "rollout", "set", "top") and not command.words):
            raise left_out(f"{command.path} --help".strip())
        if not verb:
            return "kubectl controls the Kubernetes cluster manager. Verbs known here: " + ", ".join(VERBS) + "\n"
        typed = " ".join([verb, *command.words, ""])
        if missing := next((words for words in REAL_VERBS if typed.startswith(f"{words} ")), ""):
            raise left_out(missing)
        if verb not in VERBS:
            raise UsageError(f'error: unknown command "{verb}" for "kubectl"')
        answer, known = VERBS[verb]
        client = self._acting(command.checked(known))
        client.warnings.clear()
        with client.writing_as(apply.field_manager(verb, command)):
            text = answer(Session(client, stdin, self._run), command)
        return "".join(f"Warning: {warning}\n" for warning in client.warnings) + text

    def _acting(self, command: Command) -> Client:
        """The client, in the name of whom --as and --as-group say."""
        user, groups = command.flag("as"), tuple(command.flags.get("as-group", ()))
        if groups and not user:
            whose = "error: requesting uid, groups or user-extra for kubernetes-admin without impersonating a user"
            raise UsageError(whose)
        return self._client.impersonating(user, groups) if user else self._client
