"""Reading a playbook: plays with hosts and tasks, as Ansible reads them, as far as they are understood here.

Source    docs.ansible.com, "Playbook Keywords", "Patterns: targeting hosts and groups"; ansible-core,
          lib/ansible/parsing and lib/ansible/playbook (its texts)
Left out  roles, handlers, blocks, loops, conditions, registered results, facts as variables, vault, includes
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import yaml

__all__ = [
    "Play",
    "PlaybookError",
    "Task",
    "read_playbook",
    "select_hosts",
]

Values = Mapping[str, Any]

SIZE_LIMIT = 1_000_000
OF_PLAY = ("name", "hosts", "tasks", "vars", "gather_facts", "become", "remote_user", "any_errors_fatal")
OF_TASK = ("name", "become", "ignore_errors", "vars")
LEFT_OUT = ("roles", "handlers", "pre_tasks", "post_tasks", "block", "loop", "with_items", "when", "register", "notify",
            "until", "retries", "delegate_to", "import_tasks", "include_tasks", "serial", "strategy")  # fmt: skip
VARIABLE = re.compile(r"{{\s*([A-Za-z_]\w*)\s*}}")
PREFIXES = ("ansible.builtin.", "ansible.legacy.", "community.docker.", "containers.podman.")
MODULES = {
    "command": "command", "copy": "copy", "docker_container": "container", "podman_container": "container",
    "ping": "ping", "service": "service", "setup": "setup", "shell": "command", "systemd": "service",
    "systemd_service": "service",
}  # fmt: skip


class PlaybookError(ValueError):
    """The playbook cannot be run; the text is Ansible's where it has one."""


class Task(NamedTuple):
    """One step: the module that takes it, with its arguments."""

    name: str
    module: str
    args: Values
    ignores_errors: bool = False


class Play(NamedTuple):
    """Tasks for hosts."""

    name: str
    hosts: str
    tasks: tuple[Task, ...]
    gathers_facts: bool = True


def read_playbook(text: str, extra_vars: Values | None = None) -> tuple[Play, ...]:
    """The plays in a YAML text. Raises PlaybookError."""
    if len(text) > SIZE_LIMIT:
        raise PlaybookError("this is too large for a playbook")
    try:
        plays = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PlaybookError(f"Syntax Error while loading YAML.\n  {' '.join(str(error).split())}") from None
    if not isinstance(plays, list) or not plays:
        told = "A playbook must be a list of plays, got a {} instead"
        raise PlaybookError("Empty playbook, nothing to do" if not plays else told.format(type(plays)))
    return tuple(_play(play, extra_vars or {}) for play in plays)


def select_hosts(pattern: str, groups: Mapping[str, Iterable[str]], names: Iterable[str]) -> list[str]:
    """The machines that a pattern means: names, groups, `all`, `,` or `:` between, `!` before what is not meant."""
    chosen: dict[str, None] = {}
    known = list(names)
    for part in filter(None, (part.strip() for part in re.split(r"[,:]", pattern))):
        name = part.lstrip("!&")
        found = known if name in ("all", "*") else list(groups.get(name, [name] if name in known else []))
        if part.startswith("!"):
            chosen = {host: None for host in chosen if host not in found}
        elif part.startswith("&"):
            chosen = {host: None for host in chosen if host in found}
        else:
            chosen.update(dict.fromkeys(found))
    return list(chosen)


def _play(play: Any, extra_vars: Values) -> Play:
    if not isinstance(play, Mapping):
        raise PlaybookError(
            f"playbook entries must be either valid plays or 'import_playbook' statements, not {play!r}"
        )
    _check(play, OF_PLAY, "Play")
    hosts = play.get("hosts")
    if not hosts:
        raise PlaybookError("the field 'hosts' is required but was not set")
    pattern = ",".join(map(str, hosts)) if isinstance(hosts, list) else str(hosts)
    values = {**(play.get("vars") or {}), **extra_vars}
    tasks = tuple(_task(task, values) for task in play.get("tasks") or [])
    name = str(play.get("name") or pattern)
    return Play(name, pattern, tasks, play.get("gather_facts", True) is not False)


def _task(task: Any, above: Values) -> Task:
    if not isinstance(task, Mapping):
        raise PlaybookError(f"A malformed block was encountered while loading tasks: {task!r} should be a dictionary")
    actions = [name for name in task if name not in OF_TASK]
    left_out = [name for name in actions if name in LEFT_OUT]
    if left_out:
        raise PlaybookError(f"'{left_out[0]}' is left out here")
    if len(actions) != 1:
        told = (
            "no module/action detected in task."
            if not actions
            else f"conflicting action statements: {', '.join(actions)}"
        )
        raise PlaybookError(told)
    module = _module(actions[0])
    args = _arguments(module, _filled(task[actions[0]], {**above, **(task.get("vars") or {})}))
    name = str(_filled(task.get("name") or actions[0], above))
    return Task(name, module, args, bool(task.get("ignore_errors")))


def _module(action: str) -> str:
    short = next((action.removeprefix(prefix) for prefix in PREFIXES if action.startswith(prefix)), action)
    found = MODULES.get(short)
    if found is None:
        raise PlaybookError(
            f"couldn't resolve module/action '{action}'. This often indicates a misspelling, missing collection, or "
            f"incorrect module path. Known here: {', '.join(MODULES)}"
        )
    return found


def _arguments(module: str, given: Any) -> Values:
    """A mapping, or a text: the command itself, or `name=web state=started`."""
    if isinstance(given, Mapping):
        return given
    if given is None:
        return {}
    if module == "command":
        return {"cmd": str(given)}
    pairs = dict(part.partition("=")[::2] for part in str(given).split())
    if "" in pairs.values():
        raise PlaybookError(f"failed at splitting arguments: {given!r}")
    return pairs


def _filled(value: Any, values: Values) -> Any:
    """The value with `{{ name }}` replaced. Raises PlaybookError for a name that nobody has set."""
    if isinstance(value, Mapping):
        return {name: _filled(inner, values) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise PlaybookError(f"The task includes an option with an undefined variable. '{match[1]}' is undefined")
        return str(values[match[1]])

    return VARIABLE.sub(put, value)


def _check(keywords: Values, known: Iterable[str], what: str) -> None:
    for name in keywords:
        if name in LEFT_OUT:
            raise PlaybookError(f"'{name}' is left out here")
        if name not in known:
            raise PlaybookError(f"'{name}' is not a valid attribute for a {what}")
