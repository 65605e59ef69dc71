"""KubeSchedulerConfiguration: profiles from a dict as it stands in the real file.

Source    pkg/scheduler/apis/config/v1/{default_plugins,defaults}.go; pkg/scheduler/framework/runtime/framework.go
          (expandMultiPointPlugins); pkg/scheduler/apis/config/validation/validation.go;
          kubernetes.io, "Scheduler Configuration"
Left out  queueSort and bind plugins but PrioritySort and DefaultBinder, postBind; a plugin that is named at one point
          keeps its place there; what concerns processes (leaderElection, clientConnection,
          healthzBindAddress …); podInitialBackoffSeconds, podMaxBackoffSeconds, parallelism; extenders
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8slab.scheduler.framework import Plugin
from k8slab.scheduler.profiles import STANDARD_PLUGINS, Profile

__all__ = ["profiles_of"]

Obj = dict[str, Any]
Classes = Mapping[str, type[Plugin]]

API_VERSION, KIND = "kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration"
DEFAULT_NAME = "default-scheduler"
KNOWN = ("apiVersion", "kind", "profiles", "percentageOfNodesToScore")
KNOWN_OF_PROFILE = ("schedulerName", "plugins", "pluginConfig", "percentageOfNodesToScore")
POINTS = {  # extension points and the methods that answer there
    "preEnqueue": ("pre_enqueue",),
    "preFilter": ("prepare", "narrow"),
    "filter": ("filter", "filter_all"),
    "postFilter": ("post_filter",),
    "preScore": ("prepare_scores", "applies"),
    "score": ("score", "score_all", "normalise", "normalise_for"),
    "reserve": ("reserve", "unreserve"),
    "permit": ("permit",),
    "preBind": ("pre_bind",),
}
FRAME = {"queueSort": "PrioritySort", "bind": "DefaultBinder"}  # what is here in the queue and in the binding
ALWAYS = tuple(FRAME.values())
WANTED_OF = {"filter": ("prepare",), "score": ("prepare", "prepare_scores")}


def profiles_of(config: Obj, own: Classes | None = None) -> list[Profile]:
    """The profiles of a configuration; `own` are plugins by name that a person has written. Raises ValueError."""
    try:
        return _profiles(config, own or {})
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"this is no {KIND}: {type(error).__name__}: {error}") from error


def _profiles(config: Obj, own: Classes) -> list[Profile]:
    _check(config)
    classes: dict[str, type[Plugin]] = {**{cls.name: cls for cls in STANDARD_PLUGINS}, **own}
    profiles = [_profile(given, config, classes) for given in config.get("profiles") or [{}]]
    names = [profile.name for profile in profiles]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f'profiles: Duplicate value: "{name}"')
    return profiles


def _check(config: Obj) -> None:
    if config.get("apiVersion", API_VERSION) != API_VERSION or config.get("kind", KIND) != KIND:
        kind = f"{config.get('apiVersion')}, Kind={config.get('kind')}"
        raise ValueError(f'no kind is registered for {kind}: a configuration is "{KIND}" of "{API_VERSION}"')
    _refuse_unknown(config, KNOWN, "")


def _profile(given: Obj, config: Obj, classes: Classes) -> Profile:
    _refuse_unknown(given, KNOWN_OF_PROFILE, "profiles[].")
    name = given.get("schedulerName", DEFAULT_NAME)
    percentage = given.get("percentageOfNodesToScore", config.get("percentageOfNodesToScore")) or 0
    if isinstance(percentage, bool) or not isinstance(percentage, int) or not 0 <= percentage <= 100:
        raise ValueError(f"percentageOfNodesToScore: Invalid value: {percentage!r}: not in valid range [0-100]")
    points = given.get("plugins") or {}
    _refuse_unknown(points, ("multiPoint", *POINTS, *FRAME), "profiles[].plugins.")
    _check_frame(name, points)
    arguments = {entry["name"]: entry.get("args") or {} for entry in given.get("pluginConfig") or ()}
    _refuse_unknown(arguments, classes, "profiles[].pluginConfig: plugin ")
    enabled = _enabled(points.get("multiPoint") or {}, classes)
    for point, changes in points.items():
        if point in POINTS:
            enabled = _at_point(point, changes or {}, enabled, classes)
    plugins = [_made(classes[name], weight, without, arguments.get(name, {})) for name, weight, without in enabled]
    return Profile(name, plugins, percentage)


def _check_frame(scheduler: str, points: Obj) -> None:
    """A profile without a way to sort its queue, or to bind, does not start."""
    for point, plugin in FRAME.items():
        is_there = True
        for changes in (points.get("multiPoint") or {}, points.get(point) or {}):
            off = {entry["name"] for entry in changes.get("disabled") or ()}
            on = {entry["name"] for entry in changes.get("enabled") or ()}
            is_there = plugin in on or (is_there and not off & {"*", plugin})
            if changes is points.get(point) and on - {plugin}:
                raise ValueError(f"{point} knows {plugin} alone, not {', '.join(sorted(on - {plugin}))}")
        if not is_there and point == "bind":
            raise ValueError(f'at least one bind plugin is needed for profile with scheduler name "{scheduler}"')
        if not is_there:
            raise ValueError(
                f'only one queue sort plugin required for profile with scheduler name "{scheduler}", but got 0'
            )


Entry = tuple[str, int, frozenset[str]]  # a plugin, its weight, and the points at which it is not asked


def _enabled(changes: Obj, classes: Classes) -> list[Entry]:
    """The plugins that are on at every point they know: the default ones, then those that are named."""
    off = {entry["name"] for entry in changes.get("disabled") or ()}
    named = _weights(changes.get("enabled") or (), classes)
    standard = [] if "*" in off else [cls.name for cls in STANDARD_PLUGINS if cls.name not in off]
    entries = [(name, named.get(name, classes[name].weight), frozenset[str]()) for name in standard]
    more = [(name, weight, frozenset[str]()) for name, weight in named.items() if name not in standard]
    return entries + more


def _at_point(point: str, changes: Obj, entries: list[Entry], classes: Classes) -> list[Entry]:
    """The same with what one extension point says besides."""
    off = {entry["name"] for entry in changes.get("disabled") or ()}
    named = _weights(changes.get("enabled") or (), classes)
    others = frozenset(POINTS) - {point}
    result = []
    for name, weight, without in entries:
        if name in named:
            result.append((name, named.pop(name) if point == "score" else weight, without - {point}))
        elif name in off or "*" in off:
            result.append((name, weight, without | {point}))
        else:
            result.append((name, weight, without))
    return result + [(name, weight, others) for name, weight in named.items()]


def _weights(entries: Iterable[Obj], classes: Classes) -> dict[str, int]:
    """The plugins that are named, each once, with their weights (0: the plugin's own, or 1)."""
    found: dict[str, int] = {}
    for entry in entries:
        name, weight = entry["name"], entry.get("weight") or 0
        if name in ALWAYS:
            continue
        if name not in classes:
            raise ValueError(f"{name} does not exist; there are: {', '.join(sorted(classes))}")
        if name in found:
            raise ValueError(f"plugin {name} already registered")
        scores = classes[name].weight or classes[name].score is not Plugin.score
        found[name] = (weight or classes[name].weight or 1) if scores else 0
    return found


def _made(cls: type[Plugin], weight: int, without: frozenset[str], args: Obj) -> Plugin:
    """A plugin with its weight and arguments, and with methods missing where it is not asked."""
    wanted = {
        method for point in POINTS if point not in without for method in (*POINTS[point], *WANTED_OF.get(point, ()))
    }
    blank = {
        method: getattr(Plugin, method) for methods in POINTS.values() for method in methods if method not in wanted
    }
    plugin = type(cls.__name__, (cls,), blank)() if blank else cls()
    plugin.weight = weight if "score" not in without else 0
    plugin.args = args
    return plugin


def _refuse_unknown(given: Iterable[str], known: Iterable[str], where: str) -> None:
    for name in given:
        if name not in known and name not in ALWAYS:
            raise ValueError(f'unknown field "{where}{name}"; known are: {", ".join(known)}')
