"""What the modules of a playbook do on one machine: look first, change only what is not as it should be, and say so.

A module answers after its seconds: ok, changed or failed. It stays for nothing: what it started may die a moment later,
and nobody is told.

Source    docs.ansible.com: copy, command, service, systemd_service, setup, ping, docker_container, podman_container
Left out  what they return beside `changed` and `msg`; restart policies (a supervisor on the machine); owners and modes;
          a machine with such containers that joins a cluster (its kubelet takes them for its own, and removes them)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.world.containers import Container, ContainerConfig
from k8slab.world.files import Files
from k8slab.world.images import ImageError, shell
from k8slab.world.images.calls import Place
from k8slab.world.runtime import Pulled, Sandbox

if TYPE_CHECKING:
    from k8slab.world.machines import Vm

__all__ = [
    "Outcome",
    "is_node",
    "run_module",
]

Args = Mapping[str, Any]

SETUP_S, MODULE_S, SERVICE_S, STOP_GRACE_S = 1.2, 0.4, 0.6, 10.0
A_NODE = "{} is a node of a cluster: its kubelet removes containers that it does not know"
NO_SERVICE = "Could not find the requested service {}: host"
KUBELET_CONF = "/etc/kubernetes/kubelet.conf"
KNOWN = {
    "copy": ("content", "dest", "owner", "group", "mode"),
    "command": ("cmd", "creates", "removes"),
    "service": ("name", "state", "enabled", "daemon_reload"),
    "container": ("name", "image", "state", "env", "command", "ports", "published_ports", "recreate", "restart"),
    "setup": (),
    "ping": (),
}
STATES = {"service": ("started", "stopped", "restarted"), "container": ("started", "present", "stopped", "absent")}


class Outcome(NamedTuple):
    """How a task ended on a machine: ok, changed or failed, and what is told of a failure."""

    status: str
    message: str = ""
    rc: int | None = None


Done = Callable[[Outcome], object]


def run_module(vm: Vm, module: str, args: Args, done: Done) -> None:
    """Run a module on a machine that has power. `done` is called once, unless the power goes."""
    problem = _problem(module, args)
    if problem:
        done(Outcome("failed", problem))
        return
    if module in ("setup", "ping"):
        _later(vm, SETUP_S if module == "setup" else MODULE_S, done, Outcome("ok"))
    else:
        {"copy": _copy, "command": _command, "service": _service, "container": _container}[module](vm, args, done)


def is_node(vm: Vm) -> bool:
    """The machine has joined a cluster: its kubelet knows whom to speak to."""
    return KUBELET_CONF in vm.files


def _problem(module: str, args: Args) -> str:
    unknown = [name for name in args if name not in KNOWN[module]]
    if unknown:
        return f"Unsupported parameters for module: {', '.join(unknown)}. Supported here: {', '.join(KNOWN[module])}."
    needed = {"copy": "dest", "command": "cmd", "service": "name", "container": "name"}.get(module, "")
    if needed and not args.get(needed):
        return f"missing required arguments: {needed}"
    state = args.get("state")
    if state is not None and state not in STATES.get(module, ()):
        return f"value of state must be one of: {', '.join(STATES[module])}, got: {state}"
    return ""


def _later(vm: Vm, delay_s: float, done: Done, outcome: Outcome) -> None:
    vm.runtime.scope.call_later(delay_s, done, outcome)


def _copy(vm: Vm, args: Args, done: Done) -> None:
    path, text = str(args["dest"]), str(args.get("content", ""))
    is_same = vm.files.get(path) == text
    vm.files[path] = text
    _later(vm, MODULE_S, done, Outcome("ok" if is_same else "changed"))


def _command(vm: Vm, args: Args, done: Done) -> None:
    """Run a program of the little shell on the machine's own files."""
    if args.get("creates") in vm.files or ("removes" in args and args["removes"] not in vm.files):
        _later(vm, MODULE_S, done, Outcome("ok"))
        return
    printed: list[str] = []
    place = Place(Files(vm.files), {"PATH": "/usr/bin:/bin"}, lambda: vm.loop.now)
    files = place.files
    run = shell.Shell(place, lambda _: None, printed.append)
    code, seconds = shell.finish(run, ["sh", "-c", str(args["cmd"])])
    vm.files.update({path: files[path] for path in files})
    for path in [path for path in vm.files if path not in files]:
        del vm.files[path]
    told = "".join(printed).strip() or "non-zero return code"
    _later(vm, MODULE_S + seconds, done, Outcome("failed", told, code) if code else Outcome("changed"))


def _service(vm: Vm, args: Args, done: Done) -> None:
    name, state = str(args["name"]), args.get("state", "started")
    name = name.removesuffix(".service")
    if name not in vm.daemons:
        _later(vm, SERVICE_S, done, Outcome("failed", NO_SERVICE.format(name)))
        return
    runs = name in vm.running
    if state in ("stopped", "restarted") and runs:
        vm.stop_daemon(name)
    if state in ("started", "restarted"):
        vm.start_daemon(name)
    is_ok = runs if state == "started" else not runs if state == "stopped" else False
    _later(vm, SERVICE_S, done, Outcome("ok" if is_ok else "changed"))


def _container(vm: Vm, args: Args, done: Done) -> None:
    """Have a container run (or be gone): pull its image, give it a place, start it; and let it be."""
    if is_node(vm):
        _later(vm, MODULE_S, done, Outcome("failed", A_NODE.format(vm.name)))
        return
    uid, state = f"play/{args['name']}", args.get("state", "started")
    sandbox = vm.runtime.sandboxes.get(uid)
    container = sandbox.containers.get(str(args["name"])) if sandbox is not None else None
    runs = container is not None and container.is_running
    if state in ("stopped", "absent"):
        if container is not None and runs:
            container.terminate(STOP_GRACE_S)
        is_ok = not runs if state == "stopped" else sandbox is None
        if state == "absent":
            vm.runtime.remove_pod_sandbox(uid)
        _later(vm, MODULE_S, done, Outcome("ok" if is_ok else "changed"))
    elif not args.get("image"):
        _later(vm, MODULE_S, done, Outcome("failed", "Cannot create container when image is not specified"))
    elif container is not None and container.config == _config(args) and runs and not args.get("recreate"):
        _later(vm, MODULE_S, done, Outcome("ok"))
    else:
        if container is not None and runs:
            container.terminate(0.0)
        _pull(vm, uid, args, done)


def _pull(vm: Vm, uid: str, args: Args, done: Done) -> None:
    config = _config(args)

    def pulled(found: Pulled) -> None:
        if isinstance(found.image, ImageError):
            done(Outcome("failed", f"Error pulling image {config.image}: {found.image.message}"))
        else:
            vm.runtime.run_pod_sandbox(uid, "", config.name, True, placed)

    def placed(sandbox: Sandbox | None) -> None:
        image = vm.runtime.image_present(config.image)
        if sandbox is None or image is None:
            done(Outcome("failed", f"Error starting container {config.name}"))
            return
        before = sandbox.containers.get(config.name)
        container = vm.runtime.create_container(sandbox, config, image, before.attempt + 1 if before else 0)
        vm.runtime.start_container(container, started)

    def started(_: Container) -> None:
        done(Outcome("changed"))

    if vm.runtime.image_present(config.image) is not None:
        vm.runtime.run_pod_sandbox(uid, "", config.name, True, placed)
    else:
        vm.runtime.pull_image(config.image, pulled)


def _config(args: Args) -> ContainerConfig:
    command = args.get("command") or ()
    words = tuple(str(command).split()) if isinstance(command, str) else tuple(map(str, command))
    env = {str(name): str(value) for name, value in (args.get("env") or {}).items()}
    ports = args.get("published_ports") or args.get("ports") or ()
    inner = tuple(int(str(port).rpartition(":")[2].partition("/")[0]) for port in ports)
    return ContainerConfig(str(args["name"]), str(args["image"]), (), words, env, inner)
