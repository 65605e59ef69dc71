"""kubeadm in this process: one line in, the text that a root user's terminal would show out.

    init            make this machine the control plane; `init phase NAME` runs one phase of it
    join ADDRESS    make this machine a node
    reset           take back what join did to this machine
    token           create, list, delete, generate
    certs           check-expiration, renew
    config          images list
    upgrade         plan, apply VERSION, node; see upgrade.py

Source    cmd/kubeadm/app/cmd
Left out  kubeconfig, configuration files (--config), reset of the control plane: its store is that of the
          process; every flag that is not named here
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from k8slab.clock import parse_duration
from k8slab.kubeadm.host import Console, Host, KubeadmError
from k8slab.kubeadm.join_phases import JOIN
from k8slab.kubeadm.kubeconfigs import KUBECONFIGS, KUBERNETES, kubeconfig_file
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.kubeadm.phase import Phase, Plan
from k8slab.kubeadm.phases import INIT
from k8slab.kubeadm.pki import CERTIFICATES, PKI, ca_hash, certificate_files
from k8slab.kubeadm.tables import table
from k8slab.kubeadm.tokens import TOKEN_TYPE, new_token, token_id, token_row, token_secret
from k8slab.kubeadm.upgrade import apply_upgrade, plan_upgrade, upgrade_node
from k8slab.kubeadm.versions import release_of
from k8slab.objects import parse_rfc3339
from k8slab.wire import ApiError, NotFound

__all__ = ["kubeadm"]

DAY_S = 24 * 3600.0
JOINED = """
This node has joined the cluster:
* Certificate signing request was sent to apiserver and a response was received.
* The Kubelet was informed of the new secure connection details.

Run 'kubectl get nodes' on the control-plane to see this node join the cluster.
"""
INITIALIZED = """
Your Kubernetes control-plane has initialized successfully!

To start using your cluster, you need to run the following as a regular user:

  mkdir -p $HOME/.kube
  sudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config
  sudo chown $(id -u):$(id -g) $HOME/.kube/config

Then you can join any number of worker nodes by running the following on each as root:

"""
RESET_FILES = [KUBERNETES + file for file in (*KUBECONFIGS, "bootstrap-kubelet.conf")]
RESET_FOLDERS = ("/etc/kubernetes/manifests", "/var/lib/kubelet", "/etc/kubernetes/pki")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong instead of leaving."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong."""
        raise KubeadmError(f"error: {message}\nTo see the stack trace of this error execute with --v=5 or higher")


def kubeadm(cluster: Console, name: str, command: str, service_address: str) -> str:
    """What `kubeadm COMMAND` prints on a machine. Errors are text too, as in a terminal.

    Raises ValueError for a machine that is not there.
    """
    host = Host(cluster, name, service_address)
    try:
        words = shlex.split(command)
        options = _parser().parse_args(words[1:] if words[:1] == ["kubeadm"] else words)
        if not host.vm.is_on:
            raise KubeadmError(f"error: {name} has no power")
        options.act(host, options)
    except (KubeadmError, ValueError) as error:
        host.say(str(error))
    except ApiError as error:
        host.say(f"error: {error.message}")
    return "\n".join(host.lines) + "\n" if host.lines else ""


def _verb(parents: argparse._SubParsersAction[_Parser], name: str, act: Callable[..., None]) -> _Parser:
    made = parents.add_parser(name, add_help=False, allow_abbrev=False)
    made.set_defaults(act=act)
    return made


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="kubeadm", add_help=False, allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    init = _verb(verbs, "init", _init)
    for one in (init, join := _verb(verbs, "join", _join)):
        one.add_argument("--token", default="")
        one.add_argument("--ignore-preflight-errors", default="")
        one.add_argument("--skip-phases", default="")
    init.add_argument("--token-ttl", default="24h")
    init.add_argument("--kubernetes-version", default="")
    init.add_argument("words", nargs="*")
    join.add_argument("address", nargs="?", default="")
    join.add_argument("--discovery-token-ca-cert-hash", default="")
    join.add_argument("--discovery-token-unsafe-skip-ca-verification", action="store_true")
    _verb(verbs, "reset", _reset).add_argument("-f", "--force", action="store_true")
    _verb(verbs, "version", _version).add_argument("-o", "--output", choices=("short",))

    _add_token(verbs)
    certs = verbs.add_parser("certs", add_help=False).add_subparsers(required=True, metavar="certs COMMAND")
    _verb(certs, "check-expiration", _check_expiration)
    _verb(certs, "renew", _renew).add_argument("name")
    config = verbs.add_parser("config", add_help=False).add_subparsers(required=True, metavar="config COMMAND")
    _verb(config, "images", _list_images).add_argument("what", choices=("list",))
    _add_upgrade(verbs)
    return parser


def _add_token(verbs: argparse._SubParsersAction[_Parser]) -> None:
    token = verbs.add_parser("token", add_help=False).add_subparsers(required=True, metavar="token COMMAND")
    create = _verb(token, "create", _create_token)
    create.add_argument("token", nargs="?", default="")
    create.add_argument("--ttl", default="24h")
    create.add_argument("--description", default="")
    create.add_argument("--print-join-command", action="store_true")
    _verb(token, "list", _list_tokens)
    _verb(token, "generate", lambda host, options: host.say(new_token(f"{host.machine.seed}/{host.now}/generate")))
    _verb(token, "delete", _delete_tokens).add_argument("tokens", nargs="+")


def _add_upgrade(verbs: argparse._SubParsersAction[_Parser]) -> None:
    upgrade = verbs.add_parser("upgrade", add_help=False).add_subparsers(required=True, metavar="upgrade COMMAND")
    plan, apply = _verb(upgrade, "plan", plan_upgrade), _verb(upgrade, "apply", apply_upgrade)
    for one in (plan, apply):
        one.add_argument("--ignore-preflight-errors", default="")
    apply.add_argument("version", nargs="?", default="")
    apply.add_argument("-y", "--yes", action="store_true")
    apply.add_argument("-f", "--force", action="store_true")
    _verb(upgrade, "node", upgrade_node)


def _plan(options: argparse.Namespace, **more: object) -> Plan:
    return Plan(token=options.token, ignored=options.ignore_preflight_errors)._replace(**more)  # type: ignore[arg-type]


def _ttl_s(text: str) -> float | None:
    """A time to live; "0" is for ever. Raises ValueError."""
    return None if text == "0" else parse_duration(text) or None


def _run(phases: Iterable[Phase], skipped: str, host: Host, plan: Plan) -> None:
    """Run the phases; those that are named (`addon`, `addon/kube-proxy`) are skipped."""
    names = skipped.split(",")
    for phase in phases:
        if phase.name in names:
            continue
        parts = [part for part in phase.parts if f"{phase.name}/{part.name}" not in names]
        if len(parts) == len(phase.parts):
            phase.run(host, plan)
        else:
            _run(parts, "", host, plan)


def _init(host: Host, options: argparse.Namespace) -> None:
    version = release_of(options.kubernetes_version or host.version_of("kubeadm")).version
    plan = _plan(options, ttl_s=_ttl_s(options.token_ttl), version=version)
    oldest = release_of(host.version_of("kubeadm")).minor - 1
    if release_of(version).minor < oldest:
        raise KubeadmError(
            "error: this version of kubeadm only supports deploying clusters with the control plane version >= "
            f"1.{oldest}.0. Current version: {version}"
        )
    if options.words:
        _one_phase(options.words).run(host, plan)
        return
    token = plan.token or new_token(f"{host.machine.seed}/{host.now}/init")
    host.say(f"[init] Using Kubernetes version: {version}")
    _run(INIT, options.skip_phases, host, plan._replace(token=token))
    host.say(*INITIALIZED.splitlines(), *_join_command(host, token, "kubeadm join ", " \\\n\t"))


def _one_phase(words: Sequence[str]) -> Phase:
    """The phase that `init phase …` names. Raises KubeadmError."""
    phases, found = INIT, None
    for word in words[1:] if words[0] == "phase" else words:
        if found is not None and word == "all":
            return found
        found = next((phase for phase in phases if phase.name == word), None)
        if found is None:
            known = ", ".join(phase.name for phase in phases)
            raise KubeadmError(f"error: there is no phase {word!r} here; there are: {known}")
        phases = found.parts
    if found is None:
        raise KubeadmError(f"error: which phase? There are: {', '.join(phase.name for phase in INIT)}")
    return found


def _join_command(host: Host, token: str, start: str, between: str) -> list[str]:
    home = host.cluster.world.vm(CONTROL_PLANE)
    joint = f"{start}{home.address}:6443 --token {token}{between}"
    return f"{joint}--discovery-token-ca-cert-hash {ca_hash(host.machine.seed)}".split("\n")


def _join(host: Host, options: argparse.Namespace) -> None:
    if not options.address or not options.token:
        raise KubeadmError('error: discovery: Invalid value: "": bootstrapToken or file must be set')
    if not options.discovery_token_ca_cert_hash and not options.discovery_token_unsafe_skip_ca_verification:
        raise KubeadmError(
            'error: discovery.bootstrapToken: Invalid value: "": using token-based discovery without caCertHashes can '
            "be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass "
            "--discovery-token-unsafe-skip-ca-verification flag to continue"
        )
    plan = _plan(
        options,
        api_address=options.address.partition(":")[0],
        ca_hash=options.discovery_token_ca_cert_hash,
        skips_ca=options.discovery_token_unsafe_skip_ca_verification,
    )
    _run(JOIN, options.skip_phases, host, plan)
    host.say(*JOINED.splitlines())


def _reset(host: Host, options: argparse.Namespace) -> None:
    if not options.force:
        raise KubeadmError("error: nobody is here to answer y; pass --force")
    if host.name == CONTROL_PLANE:
        raise KubeadmError("error: the store of this cluster is that of its process: its control plane cannot be reset")
    host.say("[preflight] Running pre-flight checks", "[reset] Stopping the kubelet service")
    host.cluster.stop_daemon(host.name, "kubelet")
    host.cluster.stop_daemon(host.name, "kube-proxy")
    host.cluster.remove_containers(host.name)
    host.remove_below(*(f"{folder}/" for folder in RESET_FOLDERS), *RESET_FILES)
    host.say(
        '[reset] Unmounting mounted directories in "/var/lib/kubelet"',
        f"[reset] Deleting contents of directories: [{' '.join(RESET_FOLDERS)}]",
        f"[reset] Deleting files: [{' '.join(RESET_FILES)}]",
    )


def _create_token(host: Host, options: argparse.Namespace) -> None:
    client, ttl_s = host.cluster.client, _ttl_s(options.ttl)
    known = len(client.list("Secret", "kube-system", fields=f"type={TOKEN_TYPE}"))
    token = options.token or new_token(f"{host.machine.seed}/{host.now}/{known}")
    expires = None if ttl_s is None else host.now + ttl_s
    client.create(token_secret(token, expires, options.description))
    host.say(*(_join_command(host, token, "kubeadm join ", " ") if options.print_join_command else [token]))


def _list_tokens(host: Host, options: argparse.Namespace) -> None:
    secrets = host.cluster.client.list("Secret", "kube-system", fields=f"type={TOKEN_TYPE}")
    head = ("TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS")
    host.say(*table([head, *(token_row(secret, host.now) for secret in secrets)]))


def _delete_tokens(host: Host, options: argparse.Namespace) -> None:
    for text in options.tokens:
        identity = token_id(text)
        try:
            host.cluster.client.delete("Secret", f"bootstrap-token-{identity}", "kube-system")
        except NotFound as error:
            raise KubeadmError(f'failed to delete bootstrap token "{identity}": {error.message}') from None
        host.say(f'bootstrap token "{identity}" deleted')


def _certificates(host: Host) -> dict[str, tuple[str, float]]:
    """The certificates of this machine: names as kubeadm tells them to (authority, end)."""
    found = {}
    for file in KUBECONFIGS:
        if file != "kubelet.conf" and host.has(KUBERNETES + file):
            found[file] = "ca", parse_rfc3339(host.read(KUBERNETES + file).split("until ")[1].split("\n")[0])
    for one in CERTIFICATES:
        if host.has(f"{PKI}{one.path}.crt"):
            end = host.read(f"{PKI}{one.path}.crt").split("# Not After: ")[1].split("\n")[0]
            found[one.path.replace("/", "-")] = one.issuer.replace("/", "-"), parse_rfc3339(end)
    return found


def _check_expiration(host: Host, options: argparse.Namespace) -> None:
    certificates = _certificates(host)
    rows = {name: (_day(end), f"{int((end - host.now) // DAY_S)}d") for name, (_, end) in certificates.items()}
    issued = [(name, *rows[name], issuer, "no") for name, (issuer, _) in sorted(certificates.items()) if issuer]
    authorities = [(name, *rows[name], "no") for name, (issuer, _) in sorted(certificates.items()) if not issuer]
    head = ("CERTIFICATE", "EXPIRES", "RESIDUAL TIME", "CERTIFICATE AUTHORITY", "EXTERNALLY MANAGED")
    host.say(*table([head, *issued]), "", *table([("CERTIFICATE AUTHORITY", *head[1:3], head[4]), *authorities]))


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%b %d, %Y %H:%M UTC")


def _renew(host: Host, options: argparse.Namespace) -> None:
    issued = [name for name, (issuer, _) in _certificates(host).items() if issuer]
    wanted = issued if options.name == "all" else [options.name]
    for name in wanted:
        if name not in issued:
            raise KubeadmError(f"error: there is no certificate {name!r} here; there are: {', '.join(issued)}")
        if name in KUBECONFIGS:
            host.write({KUBERNETES + name: kubeconfig_file(name, host.machine, host.vm.address)})
        else:
            path = name.replace("etcd-", "etcd/", 1) if name.startswith("etcd-") else name
            host.write(certificate_files(next(one for one in CERTIFICATES if one.path == path), host.machine))
        host.say(f"certificate {name} renewed")


def _version(host: Host, options: argparse.Namespace) -> None:
    version = host.version_of("kubeadm")
    host.say(version if options.output == "short" else f"kubeadm version: {version}")


def _list_images(host: Host, options: argparse.Namespace) -> None:
    host.say(*release_of(host.version_of("kubeadm")).images)
