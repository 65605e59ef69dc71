"""A push tool: a control machine goes from task to task and from machine to machine, and goes home.

For each task and machine it learns one of four things: ok, changed, failed, unreachable. It learns them while it is
there; when the last line is printed it knows nothing more, and nobody does. To learn that something has died it must be
run again, and then it tells that something was changed, and not what had happened.

    cluster.playbook(text) ──► PLAY, TASK, ok: [vm-1] …  ──► PLAY RECAP

Source    docs.ansible.com, "Controlling playbook execution: strategies and more" (linear, 5 forks); ansible-core,
          lib/ansible/plugins/callback/default.py, plugins/strategy/__init__.py (what counts as what), config/base.yml
          (timeout of 10 s); ssh_config(5) and tcp(7): TCPKeepAlive, 2 h and 9 times 75 s
Left out  what pull mode (ansible-pull) and event-driven rules add; facts about machines
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from k8slab.world.play_modules import Outcome, is_node, run_module
from k8slab.world.plays import Play, Task, read_playbook, select_hosts

if TYPE_CHECKING:
    from k8slab.clock import Timer
    from k8slab.world.machines import Vm, World

__all__ = [
    "PlaybookRun",
    "Report",
]

FORKS = 5
CONNECT_S, CONNECT_TIMEOUT_S = 0.3, 10.0
KEEPALIVE_S = 7200.0 + 9 * 75.0  # until ssh knows that a machine is gone in the middle of a task
COLUMNS = 79
COUNTS = ("ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored")
NO_ANSWER = "Failed to connect to the host via ssh: ssh: connect to host {} port 22: Connection timed out"
BROKEN = "Failed to connect to the host via ssh: client_loop: send disconnect: Connection timed out"
FACTS = Task("Gathering Facts", "setup", {})


class Report(NamedTuple):
    """All that is known of a task on a machine, and when it was learnt."""

    at: float
    host: str
    task: str
    status: str
    message: str = ""


class PlaybookRun:
    """One run of a playbook. `output` is what it prints, `reports` what it has learnt."""

    def __init__(
        self,
        world: World,
        text: str,
        groups: Mapping[str, Iterable[str]] | None = None,
        extra_vars: Mapping[str, object] | None = None,
    ) -> None:
        """Raises PlaybookError, and ValueError for a group with a machine that there is not."""
        self._world = world
        self._loop = world.loop
        self._plays = deque(read_playbook(text, extra_vars))
        self._groups = {name: list(hosts) for name, hosts in (groups or {}).items()}
        for host in [host for hosts in self._groups.values() for host in hosts]:
            world.vm(host)
        self._names = list(dict.fromkeys(host for hosts in self._groups.values() for host in hosts)) or bare(world)
        self._counts: dict[str, dict[str, int]] = {}
        self._lost: set[str] = set()
        self._lines: list[str] = []
        self.reports: list[Report] = []
        self.begun = self._loop.now
        self.ended = 0.0

    def __repr__(self) -> str:
        return f"<Playbook, {'over' if self.is_over else 'running'}, {len(self.reports)} reports>"

    @property
    def is_over(self) -> bool:
        """The last line is printed."""
        return self.ended > 0

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return "\n".join(self._lines).strip() + "\n"

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """For each machine how many tasks ended how."""
        return {host: dict(counts) for host, counts in sorted(self._counts.items())}

    @property
    def exit_code(self) -> int:
        """0, or 2 for failed machines and 4 for unreachable ones, added up."""
        failed = any(counts["failed"] for counts in self._counts.values())
        return 2 * failed + 4 * any(counts["unreachable"] for counts in self._counts.values())

    def begin(self) -> None:
        """Set off; it goes on as time does."""
        self._next_play()

    def _next_play(self) -> None:
        if not self._plays or (self._counts and not self._left(self._counts)):
            self._finish()
            return
        play = self._plays.popleft()
        self._banner(f"PLAY [{play.name}]")
        hosts = select_hosts(play.hosts, self._groups, self._names)
        if not hosts:
            self._lines.append("skipping: no hosts matched")
            self._next_play()
            return
        for host in hosts:
            self._counts.setdefault(host, dict.fromkeys(COUNTS, 0))
        tasks = deque([FACTS] if play.gathers_facts else [])
        tasks.extend(play.tasks)
        self._next_task(play, tasks, hosts)

    def _next_task(self, play: Play, tasks: deque[Task], hosts: list[str]) -> None:
        left = self._left(hosts)
        if not left:
            self._banner("NO MORE HOSTS LEFT")
        if not tasks or not left:
            self._next_play()
            return
        task = tasks.popleft()
        self._banner(f"TASK [{task.name}]")
        round_ = _Round(left, partial(self._visit, task), lambda: self._next_task(play, tasks, hosts))
        round_.begin()

    def _left(self, hosts: Iterable[str]) -> list[str]:
        return [host for host in hosts if host not in self._lost]

    def _visit(self, task: Task, host: str, over: Callable[[], None]) -> None:
        """Take one task to one machine."""
        vm = self._world.vm(host)
        done = partial(self._learn, task, host, over)
        if not self._world.network.reachable(None, vm):
            told = Outcome("unreachable", NO_ANSWER.format(vm.address))
            self._loop.call_later(CONNECT_TIMEOUT_S, done, told)
            return
        silence = self._loop.call_later(CONNECT_S + KEEPALIVE_S, done, Outcome("unreachable", BROKEN))
        vm.runtime.scope.call_later(CONNECT_S, self._work, vm, task, silence, done)

    def _work(self, vm: Vm, task: Task, silence: Timer, done: Callable[[Outcome], None]) -> None:
        def heard(outcome: Outcome) -> None:
            if silence.is_pending:
                silence.cancel()
                done(outcome)

        run_module(vm, task.module, task.args, heard)

    def _learn(self, task: Task, host: str, over: Callable[[], None], outcome: Outcome) -> None:
        counts, status = self._counts[host], outcome.status
        self.reports.append(Report(self._loop.now, host, task.name, status, outcome.message))
        self._lines.append(_told(host, outcome))
        if status == "failed" and task.ignores_errors:
            self._lines.append("...ignoring")
            counts["ignored"] += 1
            counts["ok"] += 1
        elif status in ("failed", "unreachable"):
            counts[status] += 1
            self._lost.add(host)
        else:
            counts["ok"] += 1
            counts["changed"] += status == "changed"
        over()

    def _finish(self) -> None:
        self._banner("PLAY RECAP")
        for host, counts in self.recap.items():
            self._lines.append(f"{host:<26} : " + " ".join(f"{name}={counts[name]:<4}" for name in COUNTS).rstrip())
        self.ended = self._loop.now

    def _banner(self, text: str) -> None:
        self._lines += ["", f"{text} {'*' * max(3, COLUMNS - len(text))}"]


class _Round:
    """One task on many machines, at most FORKS at once."""

    def __init__(
        self, hosts: list[str], visit: Callable[[str, Callable[[], None]], None], over: Callable[[], None]
    ) -> None:
        self._waiting = deque(hosts)
        self._missing = len(hosts)
        self._visit = visit
        self._over = over

    def begin(self) -> None:
        """Start with as many as there are forks."""
        for _ in range(min(FORKS, len(self._waiting))):
            self._visit(self._waiting.popleft(), self._one_more)

    def _one_more(self) -> None:
        self._missing -= 1
        if self._waiting:
            self._visit(self._waiting.popleft(), self._one_more)
        elif not self._missing:
            self._over()


def bare(world: World) -> list[str]:
    """The machines that are no nodes, or all of them when every one is."""
    return [name for name, vm in world.vms.items() if not is_node(vm)] or list(world.vms)


def _told(host: str, outcome: Outcome) -> str:
    if outcome.status in ("ok", "changed"):
        return f"{outcome.status}: [{host}]"
    result: dict[str, object] = {"changed": False, "msg": outcome.message}
    if outcome.rc is not None:
        result["rc"] = outcome.rc
    if outcome.status == "unreachable":
        result["unreachable"] = True
    word = {"failed": "FAILED!", "unreachable": "UNREACHABLE!"}[outcome.status]
    return f"fatal: [{host}]: {word} => {json.dumps(result, ensure_ascii=False)}"
