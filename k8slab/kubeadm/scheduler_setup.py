"""What the schedulers of one cluster are made of, and the record of what they thought: it outlives their processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.objects import is_dns1123_subdomain
from k8slab.scheduler import Attempts, Plugin, Profile, Scheduler, profiles_of

__all__ = [
    "DEFAULT_DAEMON",
    "SchedulerSetup",
]

Obj = dict[str, Any]

DEFAULT_DAEMON = "kube-scheduler"
DEFAULT_NAME = "default-scheduler"


class SchedulerSetup:
    """The configuration of each scheduler process, by the name of its daemon."""

    def __init__(self) -> None:
        self.attempts = Attempts()
        self._configs: dict[str, Obj] = {DEFAULT_DAEMON: {}}
        self._own: dict[str, tuple[type[Plugin], int, Mapping[str, Any]]] = {}
        self._running: dict[str, Scheduler] = {}

    def profiles(self, daemon: str) -> list[Profile]:
        """What a scheduler starts with: fresh plugins each time."""
        return self._built(self._configs[daemon], self._own, is_default=daemon == DEFAULT_DAEMON)

    def started(self, daemon: str, scheduler: Scheduler) -> None:
        """This is the one that runs now."""
        self._running[daemon] = scheduler

    def stopped(self, daemon: str) -> None:
        """It runs no more."""
        self._running.pop(daemon, None)

    def running(self, daemon: str) -> Scheduler:
        """The scheduler of a daemon. Raises ValueError when it does not run."""
        if daemon not in self._running:
            raise ValueError(f"{daemon} does not run")
        return self._running[daemon]

    def register(self, plugin: type[Plugin], weight: int, args: Mapping[str, Any]) -> None:
        """Have the default scheduler ask this plugin. Raises ValueError."""
        if not (isinstance(plugin, type) and issubclass(plugin, Plugin)):
            raise ValueError(f"a scheduler plugin is a class of k8slab.scheduler.Plugin, not {plugin!r}")
        if not plugin.name:
            raise ValueError(f'{plugin.__name__} has no name: say `name = "{plugin.__name__}"` in the class')
        if isinstance(weight, bool) or not isinstance(weight, int) or weight < 0:
            raise ValueError(f"a weight is a whole number from 0, not {weight!r}")
        own = {**self._own, plugin.name: (plugin, weight, args)}
        self._built(self._configs[DEFAULT_DAEMON], own, is_default=True)
        self._own = own

    def remove(self, name: str) -> None:
        """Ask it no more. Raises ValueError when there is none."""
        if name not in self._own:
            raise ValueError(f'there is no plugin "{name}" of yours; there are: {", ".join(self._own) or "none"}')
        own = {other: entry for other, entry in self._own.items() if other != name}
        self._built(self._configs[DEFAULT_DAEMON], own, is_default=True)
        self._own = own

    def configure(self, daemon: str, config: Obj) -> None:
        """Give a scheduler another configuration. Raises ValueError, and changes nothing then."""
        self._built(config, self._own, is_default=daemon == DEFAULT_DAEMON)
        self._configs[daemon] = config

    def add(self, name: str, config: Obj) -> None:
        """One more scheduler. Raises ValueError for a name that is none, or taken."""
        taken = {profile.name for daemon in self._configs for profile in self.profiles(daemon)}
        for problem in is_dns1123_subdomain(name):
            raise ValueError(f"{name!r} is no name for a scheduler: {problem}")
        config = config if config.get("profiles") else {**config, "profiles": [{"schedulerName": name}]}
        for profile in self._built(config, self._own, is_default=False):
            if profile.name in taken:
                raise ValueError(f'there is a scheduler for pods of "{profile.name}" already')
        self._configs[name] = config

    def _built(
        self, config: Obj, own: Mapping[str, tuple[type[Plugin], int, Mapping[str, Any]]], *, is_default: bool
    ) -> list[Profile]:
        profiles = profiles_of(config, {name: plugin for name, (plugin, _, _) in own.items()})
        if not is_default:
            return profiles
        first = next((profile for profile in profiles if profile.name == DEFAULT_NAME), profiles[0])
        known = {plugin.name for plugin in first.plugins}
        return [
            profile if profile is not first else _with(first, [e for n, e in own.items() if n not in known])
            for profile in profiles
        ]


def _with(profile: Profile, more: list[tuple[type[Plugin], int, Mapping[str, Any]]]) -> Profile:
    plugins = list(profile.plugins)
    for cls, weight, args in more:
        plugin = cls()
        plugin.weight = weight or cls.weight or (1 if cls.score is not Plugin.score else 0)
        plugin.args = args
        plugins.append(plugin)
    return profile._replace(plugins=plugins)
