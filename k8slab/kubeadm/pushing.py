"""A push tool beside a cluster, to compare with: it works on machines, not through the API.

Left out  a schedule: who wants it every ten minutes runs it every ten minutes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from k8slab.clock import Loop
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone
from k8slab.world import World
from k8slab.world.playbook import PlaybookRun

__all__ = ["Pushing"]

PLAYBOOK_LIMIT_S = 24 * 3600.0


class Pushing:
    """What can be done to the machines of a cluster from a control machine outside."""

    loop: Loop
    world: World
    journal: Journal

    def run_until_true(self, is_over: Callable[[], bool], limit: str | float) -> bool:
        """Let time pass until something is so."""
        raise NotImplementedError

    def playbook(
        self,
        text: str,
        groups: Mapping[str, Iterable[str]] | None = None,
        extra_vars: Mapping[str, Any] | None = None,
    ) -> PlaybookRun:
        """Run an Ansible playbook over machines; time passes until it is over. Its `output` is what it prints.

        `groups` is the inventory: machines by group; without one, `all` are those that are no nodes. Raises
        PlaybookError, ValueError for a machine that there is not.
        """
        run = self.begin_playbook(text, groups, extra_vars)
        self.run_until_true(lambda: run.is_over, PLAYBOOK_LIMIT_S)
        return run

    @alone
    def begin_playbook(
        self,
        text: str,
        groups: Mapping[str, Iterable[str]] | None = None,
        extra_vars: Mapping[str, Any] | None = None,
    ) -> PlaybookRun:
        """Begin to run a playbook; it goes on as time does. Raises PlaybookError, ValueError."""
        inventory = None if groups is None else {name: list(hosts) for name, hosts in groups.items()}
        values = None if extra_vars is None else dict(extra_vars)
        run = PlaybookRun(self.world, text, inventory, values)
        run.begin()
        self.journal.note(self.loop.now, "begin_playbook", text=text, groups=inventory, extra_vars=values)
        return run
