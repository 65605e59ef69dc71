"""The Pod Security Standards: what the levels baseline and restricted ask of a pod.

A check answers why a pod is forbidden, in a word and in detail, or nothing.

Source    staging/src/k8s.io/pod-security-admission/policy/check_*.go; kubernetes.io, "Pod Security Standards"
Left out  the standards of older releases (every version is taken for the newest); AppArmor's annotations;
          what user namespaces relax
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

__all__ = [
    "Violation",
    "violations",
]

Obj = dict[str, Any]
Check = Callable[[Obj], "Violation | None"]

DEFAULT_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
SAFE_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image",
}  # fmt: skip
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
SAFE_SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
SECCOMP = "securityContext.seccompProfile.type to"


class Violation(NamedTuple):
    """What is wrong with a pod: `reason` in a word, `detail` with names and fields."""

    reason: str
    detail: str


def violations(level: str, spec: Obj) -> list[Violation]:
    """What this level (baseline or restricted) has against a pod's spec, in upstream's order."""
    return [found for check in LEVELS[level] if (found := check(spec)) is not None]


def _containers(spec: Obj) -> list[Obj]:
    groups = ("initContainers", "containers", "ephemeralContainers")
    return [each for group in groups for each in spec.get(group) or ()]


def _context(place: Obj) -> Obj:
    return place.get("securityContext") or {}


def _quoted(names: Iterable[Any]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _named(word: str, names: list[str]) -> str:
    """`container "a"` or `containers "a", "b"`."""
    return f"{word}{'s' if len(names) > 1 else ''} {_quoted(names)}"


def _setters(spec: Obj, is_bad: Callable[[Obj], bool]) -> str:
    """Who sets something bad in a security context: `pod and container "a"`; "" when nobody does."""
    bad = [each["name"] for each in _containers(spec) if is_bad(_context(each))]
    return " and ".join([*(["pod"] if is_bad(_context(spec)) else []), *([_named("container", bad)] if bad else [])])


def _app_armor(spec: Obj) -> Violation | None:
    who = _setters(spec, lambda context: (context.get("appArmorProfile") or {}).get("type") == "Unconfined")
    text = f'{who} must not set AppArmor profile type to "Unconfined"'
    return Violation("forbidden AppArmor profile", text) if who else None


def _added_capabilities(spec: Obj, allowed: set[str]) -> str:
    bad: list[str] = []
    found: set[str] = set()
    for each in _containers(spec):
        added = set((_context(each).get("capabilities") or {}).get("add") or ()) - allowed
        if added:
            bad.append(each["name"])
            found |= added
    text = f"must not include {_quoted(sorted(found))} in securityContext.capabilities.add"
    return f"{_named('container', bad)} {text}" if bad else ""


def _default_capabilities(spec: Obj) -> Violation | None:
    added = _added_capabilities(spec, DEFAULT_CAPABILITIES)
    return Violation("non-default capabilities", added) if added else None


def _host_namespaces(spec: Obj) -> Violation | None:
    shared = [f"{name}=true" for name in HOST_NAMESPACES if spec.get(name)]
    return Violation("host namespaces", ", ".join(shared)) if shared else None


def _host_paths(spec: Obj) -> Violation | None:
    bad = [each["name"] for each in spec.get("volumes") or () if each.get("hostPath") is not None]
    return Violation("hostPath volumes", _named("volume", bad)) if bad else None


def _host_ports(spec: Obj) -> Violation | None:
    ports = {each["name"]: [p["hostPort"] for p in each.get("ports") or () if p.get("hostPort")]
             for each in _containers(spec)}  # fmt: skip
    bad = [name for name, found in ports.items() if found]
    numbers = sorted({str(number) for found in ports.values() for number in found})
    verb = "use" if len(bad) > 1 else "uses"
    word = "hostPort" if len(numbers) == 1 else "hostPorts"
    return Violation("hostPort", f"{_named('container', bad)} {verb} {word} {', '.join(numbers)}") if bad else None


def _host_probes(spec: Obj) -> Violation | None:
    hosts: dict[str, set[str]] = {}
    for each in _containers(spec):
        handlers = [each.get(name) or {} for name in PROBES] + [*(each.get("lifecycle") or {}).values()]
        found = {(handler.get(kind) or {}).get("host") for handler in handlers for kind in ("httpGet", "tcpSocket")}
        hosts[each["name"]] = {host for host in found if host}
    bad, named = sorted(name for name in hosts if hosts[name]), sorted(set().union(*hosts.values()))
    verb = "use" if len(bad) > 1 else "uses"
    text = f"{_named('container', bad)} {verb} {_named('probe or lifecycle host', named)}"
    return Violation("probe or lifecycle host", text) if bad else None


def _privileged(spec: Obj) -> Violation | None:
    bad = [each["name"] for each in _containers(spec) if _context(each).get("privileged")]
    text = f"{_named('container', bad)} must not set securityContext.privileged=true"
    return Violation("privileged", text) if bad else None


def _proc_mount(spec: Obj) -> Violation | None:
    mounts = {each["name"]: _context(each).get("procMount", "Default") for each in _containers(spec)}
    bad = [name for name, mount in mounts.items() if mount != "Default"]
    found = _quoted(sorted({mounts[name] for name in bad}))
    text = f"{_named('container', bad)} must not set securityContext.procMount to {found}"
    return Violation("procMount", text) if bad else None


def _selinux(spec: Obj) -> Violation | None:
    options = [_context(place).get("seLinuxOptions") or {} for place in (spec, *_containers(spec))]
    types = sorted({each.get("type", "") for each in options} - SAFE_SELINUX)
    told = [_named("type", types)] if types else []
    told += [f"{name} may not be set" for name in ("user", "role") if any(each.get(name) for each in options)]
    who = _setters(spec, lambda context: _is_bad_selinux(context.get("seLinuxOptions") or {}))
    text = f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(told)}"
    return Violation("seLinuxOptions", text) if who else None


def _is_bad_selinux(options: Obj) -> bool:
    return options.get("type", "") not in SAFE_SELINUX or bool(options.get("user") or options.get("role"))


def _seccomp_type(context: Obj) -> Any:
    return (context.get("seccompProfile") or {}).get("type")


def _seccomp(spec: Obj) -> Violation | None:
    who = _setters(spec, lambda context: _seccomp_type(context) == "Unconfined")
    return Violation("seccompProfile", f'{who} must not set {SECCOMP} "Unconfined"') if who else None


def _sysctls(spec: Obj) -> Violation | None:
    bad = [each["name"] for each in _context(spec).get("sysctls") or () if each["name"] not in SAFE_SYSCTLS]
    return Violation("forbidden sysctls", ", ".join(bad)) if bad else None


def _host_process(spec: Obj) -> Violation | None:
    who = _setters(spec, lambda context: bool((context.get("windowsOptions") or {}).get("hostProcess")))
    text = f"{who} must not set securityContext.windowsOptions.hostProcess=true"
    return Violation("hostProcess", text) if who else None


def _escalation(spec: Obj) -> Violation | None:
    bad = [e["name"] for e in _containers(spec) if _context(e).get("allowPrivilegeEscalation") is not False]
    text = f"{_named('container', bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", text) if bad else None


def _dropped_capabilities(spec: Obj) -> Violation | None:
    bad = [
        each["name"]
        for each in _containers(spec)
        if "ALL" not in ((_context(each).get("capabilities") or {}).get("drop") or ())
    ]
    told = [f'{_named("container", bad)} must set securityContext.capabilities.drop=["ALL"]'] if bad else []
    if added := _added_capabilities(spec, {"NET_BIND_SERVICE"}):
        told.append(added)
    return Violation("unrestricted capabilities", "; ".join(told)) if told else None


def _volumes(spec: Obj) -> Violation | None:
    bad = {}
    for each in spec.get("volumes") or ():
        types = [name for name, source in each.items() if name != "name" and source is not None]
        if unsafe := [name for name in types if name not in SAFE_VOLUMES]:
            bad[each["name"]] = unsafe[0]
    verb = "use" if len(bad) > 1 else "uses"
    text = f"{_named('volume', [*bad])} {verb} {_named('restricted volume type', sorted(set(bad.values())))}"
    return Violation("restricted volume types", text) if bad else None


def _non_root(spec: Obj) -> Violation | None:
    if who := _setters(spec, lambda context: context.get("runAsNonRoot") is False):
        return Violation("runAsNonRoot != true", f"{who} must not set securityContext.runAsNonRoot=false")
    bad = [each["name"] for each in _containers(spec) if not _context(each).get("runAsNonRoot")]
    if _context(spec).get("runAsNonRoot") or not bad:
        return None
    text = f"pod or {_named('container', bad)} must set securityContext.runAsNonRoot=true"
    return Violation("runAsNonRoot != true", text)


def _user(spec: Obj) -> Violation | None:
    who = _setters(spec, lambda context: context.get("runAsUser") == 0)
    return Violation("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def _safe_seccomp(spec: Obj) -> Violation | None:
    if (unconfined := _seccomp(spec)) is not None:
        return unconfined
    bad = [each["name"] for each in _containers(spec) if not _seccomp_type(_context(each))]
    if _seccomp_type(_context(spec)) or not bad:
        return None
    text = f'pod or {_named("container", bad)} must set {SECCOMP} "RuntimeDefault" or "Localhost"'
    return Violation("seccompProfile", text)


BASELINE: tuple[Check, ...] = (
    _app_armor, _default_capabilities, _host_namespaces, _host_paths, _host_ports, _host_probes, _privileged,
    _proc_mount, _selinux, _seccomp, _sysctls, _host_process,
)  # fmt: skip
REPLACED = {_default_capabilities, _host_paths, _seccomp}  # by a stricter check of the level restricted
LEVELS: dict[str, tuple[Check, ...]] = {
    "baseline": BASELINE,
    "restricted": (
        *(check for check in BASELINE if check not in REPLACED),
        _escalation, _dropped_capabilities, _volumes, _non_root, _user, _safe_seccomp,
    ),
}  # fmt: skip
