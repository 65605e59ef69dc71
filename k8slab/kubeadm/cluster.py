"""A whole cluster in one object: the composition root, and what a person does to it.

`Cluster(nodes=3)` is what kubeadm would leave on four machines: a tainted control plane and three workers,
all Ready, with DNS. `Cluster(agents=())` is the API server alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from k8slab.api import Api, Review
from k8slab.client import Client, InProcess, Mapper, load_manifests
from k8slab.clock import EPOCH_S, Loop, parse_duration
from k8slab.etcd import DictStore
from k8slab.kubeadm.addresses import SERVICE_CIDR, api_address, checked_service_cidr, dns_address
from k8slab.kubeadm.arguments import AGENTS, check_nodes, checked_agents, checked_amount, loop_of, moment_of
from k8slab.kubeadm.clouds import Clouds, given_besides
from k8slab.kubeadm.cluster_autoscaler import NodeScaling
from k8slab.kubeadm.control_plane import ApiServerProcess, EtcdProcess, Install, configured, install_control_plane
from k8slab.kubeadm.costs import Costs, table_of
from k8slab.kubeadm.dialing import dial
from k8slab.kubeadm.disks import Disks
from k8slab.kubeadm.faults import Faults
from k8slab.kubeadm.initial_objects import DAEMON_AGENTS, initial_objects
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.loading import Loading
from k8slab.kubeadm.machine_files import files_of
from k8slab.kubeadm.manifests import CONTROL_PLANE, api_server_version, kubernetes_service, system_namespaces
from k8slab.kubeadm.measuring import Measuring
from k8slab.kubeadm.pki import Machine
from k8slab.kubeadm.policy import kubeadm_policy
from k8slab.kubeadm.pushing import Pushing
from k8slab.kubeadm.releasing import Releasing
from k8slab.kubeadm.requesting import Requesting
from k8slab.kubeadm.running import alone, moving_time
from k8slab.kubeadm.scheduler_setup import SchedulerSetup
from k8slab.kubeadm.schedulers import Schedulers
from k8slab.kubeadm.sessions import Sessions
from k8slab.kubeadm.storage import Storage
from k8slab.kubeadm.stores import add, open_store
from k8slab.kubeadm.time_travel import TimeTravel
from k8slab.kubeadm.versions import VERSION, program_files, release_of
from k8slab.kubeadm.vertical_autoscaler import VerticalScaling
from k8slab.kubelet import Kubelet
from k8slab.proxy import ClusterDns, ContainerRequests, KubeProxy, NetworkPolicyAgent, Requests, RuleMaker
from k8slab.wire import Request, Response, ServiceUnavailable
from k8slab.world import Behaviour, Vm, World

if TYPE_CHECKING:
    from k8slab.http import HttpServer
    from k8slab.kubectl import Kubectl

__all__ = [
    "AGENTS",
    "Cluster",
]

Obj = dict[str, Any]

NOBODY_LISTENS = "The connection to the server {}:6443 was refused - did you specify the right host or port?"
MASTERS = ("system:masters",)  # kubeadm installs no network plugin, so there is no role for its agent
ZONES = ("zone-a", "zone-b", "zone-c")


class Cluster(
    TimeTravel, Requesting, Faults, Disks, Measuring, Costs, Loading, Schedulers, Clouds, Releasing, Pushing, Storage,
    VerticalScaling, NodeScaling,
):  # fmt: skip
    """A Kubernetes cluster in this process, in virtual time.

    `nodes` workers (`node-1` …) with `cpu` and `memory` each stand in `zones`, in turn. The same `seed` and
    the same calls give the same history. `agents` leaves parts of the machinery out. `start` is when it is switched on
    (seconds since 1970; "now" suits clients that tell ages by the real clock). `store` is the URL of a real etcd
    server (None: a store in this process), `etcd` the store; close it in the end. `service_cidr` is the range of the
    Services' addresses. `prices` are entries that differ from the list prices (see `prices()`). `cloud` is the name of
    a cloud that the machines stand in, or all that `attach_cloud` can be told. `version` is the release that kubeadm
    installs (`v1.36`); see `kubeadm("control-plane", "upgrade plan")`. A `bare` cluster is machines on which
    nobody has run kubeadm yet (see `kubeadm()`). With the `loop` of another cluster both live in one time, which has
    its own seed and start. Raises ValueError for a size, an agent or a range that is none, and
    when another process runs the machines of the cluster in that store; StoreUnavailable.
    """

    def __init__(
        self,
        nodes: int = 3,
        seed: int = 0,
        *,
        agents: Iterable[str] = AGENTS,
        zones: Iterable[str] = ZONES,
        cpu: str = "4",
        memory: str = "8Gi",
        start: float | Literal["now"] = EPOCH_S,
        store: str | None = None,
        service_cidr: str = SERVICE_CIDR,
        prices: Mapping[str, Any] | str | Path | None = None,
        cloud: str | Mapping[str, Any] | None = None,
        bare: bool = False,
        version: str = VERSION,
        loop: Loop | None = None,
    ) -> None:
        self.agents = checked_agents(agents)
        check_nodes(nodes)
        self._changed_prices = table_of(prices) if prices else None
        zones, start = list(zones) or ["zone-a"], moment_of(start)
        self._api_address = api_address(checked_service_cidr(service_cidr))
        self.service_cidr = service_cidr
        self._is_bare, self._release = bool(bare), release_of(version)
        self._built_with = {
            "nodes": nodes,
            "seed": seed,
            "agents": list(self.agents),
            "zones": zones,
            "cpu": cpu,
            "memory": memory,
            "start": start,
            **given_besides(store, service_cidr, prices, cloud, bare, version),
        }
        self.journal = Journal()
        self.sessions = Sessions(self.journal, self._clock)
        self.loop = loop_of(loop, seed, start, nodes)
        self._size = int(checked_amount("cpu", cpu) * 1000), int(checked_amount("memory", memory))
        self.etcd, self._is_new = open_store(store, self.loop, with_machines="kubelet" in self.agents)
        self.api = Api(self.etcd, self.loop, kubeadm_policy(), dial=self._dial, service_cidr=service_cidr)
        self._scheduling = SchedulerSetup()
        self.api.attempts.source = self._scheduling.attempts
        self.world = World(self.loop)
        self._rule_maker = RuleMaker()
        self.world.network.name_server = dns_address(service_cidr)
        self.client = self.client_for("kubernetes-admin", isolated=True)
        self._mapper = Mapper(InProcess(self.api.handle, self._clock, "system:apiserver"))
        try:
            self._found_cluster()
            self._build(nodes, zones)
            self.settle()
        except BaseException:
            self.etcd.close()  # others wait for what it holds
            raise
        self._built_at = self.now
        self.journal.open(self.now)

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        return self.loop.now

    @property
    def nodes(self) -> list[str]:
        """The names of the machines, the control plane first."""
        return list(self.world.vms)

    def client_for(
        self, user: str, *, groups: Sequence[str] = (), isolated: bool = False, vm: Vm | None = None
    ) -> Client:
        """A client in the name of `user`, on the machine `vm` (None: outside), who may what its roles allow.

        Service accounts, nodes and kubernetes-admin belong to their groups by name; `groups` are added.
        What an isolated client answers are copies that may be changed; other clients share their objects
        with the server.
        """
        handle = self.handle if vm is None else self.api.handle
        transport = InProcess(
            handle,
            self._clock,
            user,
            isolated=isolated,
            is_reachable=lambda: self._reaches_api(vm),
            delay=None if vm is None else lambda: vm.link_delay_s,
            groups=tuple(groups),
        )
        return Client(transport, getattr(self, "_mapper", None))

    def apply(self, manifests: str | Path | Obj | Iterable[Obj]) -> list[Obj]:
        """Apply a YAML text, a file, a folder, an object or several, as `kubectl apply` does.

        Every object is tried first (dry run); if one is refused, none is written. Raises ApiError.
        """
        return self.client.apply_all(load_manifests(manifests))

    def kubectl(self, command: str, stdin: str = "") -> str:
        """What `kubectl COMMAND` prints. Errors are text too, as in a terminal."""
        return self._kubectl.run(command, stdin)

    @cached_property
    def _kubectl(self) -> Kubectl:
        from k8slab.kubectl import Kubectl  # a cluster runs without it

        return Kubectl(self.client, self.run)

    def run(self, duration: str | float) -> None:
        """Let virtual time pass: `"30s"`, `"5m"`, `90`. Raises ValueError, HotLoop."""
        self.run_until(self.now + parse_duration(duration))

    def run_until(self, moment: float) -> None:
        """Let virtual time pass up to a moment (in seconds as `now`). Raises HotLoop."""
        self._end_moment()
        with moving_time(self.api.audit):
            self.loop.run_until(moment)

    def settle(self, quiet: str | float = "60s") -> None:
        """Run until nothing but heartbeats is due within `quiet`. Raises ValueError, HotLoop."""
        quiet_s = parse_duration(quiet)
        self._end_moment()
        with moving_time(self.api.audit):
            self.loop.settle(quiet_s)

    def step(self) -> bool:
        """Let the next single thing happen; False when there is nothing."""
        start, has_happened = self.now, self.loop.step()
        self.journal.note(start, "step", self.now)
        return has_happened

    def image(self, name: str, behaviour: type[Behaviour]) -> None:
        """Have containers of an image behave as a class of yours says; see k8slab.world.Behaviour."""
        self.world.images.register(name, behaviour)
        self.journal.note(self.now, "image", name=name, behaviour=behaviour)

    def webhook(
        self,
        name: str,
        call: Callable[[Review], Any],
        kinds: Iterable[str],
        operations: Iterable[str] = ("CREATE", "UPDATE"),
        mutating: bool = False,
        failure_policy: str = "Fail",
        reinvocation: str = "Never",
    ) -> None:
        """Have the API ask a function of yours about every write of these kinds (`*`: all) before it is stored.

        Nothing (None) and True let it pass, a text refuses it; a mutating one may answer the object as it should be.
        Raises ValueError for an unknown policy.
        """
        given: Obj = {"operations": tuple(operations), "mutating": mutating, "failure_policy": failure_policy}
        given["reinvocation"], kinds = reinvocation, tuple(kinds)
        self.api.webhooks.register(name, call, kinds, **given)
        self.journal.note(self.now, "webhook", name=name, call=call, kinds=kinds, **given)

    def remove_webhook(self, name: str) -> None:
        """Ask this webhook no more. Raises KeyError when there is none."""
        self.api.webhooks.remove(name)
        self.journal.note(self.now, "remove_webhook", name=name)

    def private_registry(self, host: str, username: str, password: str) -> None:
        """Have a registry (`registry.shop.example`, or a part, `docker.io/shop`) give images only to who logs in.

        Pods bring the login in a Secret (imagePullSecrets). Raises ValueError for what is no registry.
        """
        self.world.images.require_login(host, username, password)
        self.journal.note(self.now, "private_registry", host=host, username=username, password=password)

    @alone
    def handle(self, request: Request) -> Response:
        """Answer one call of the API that comes from outside the cluster."""
        self.journal.note_request(self.now, request)
        try:
            self._reaches_api(None)
        except ServiceUnavailable as error:
            return Response(error.code, error.status)
        return self.sessions.kept(request, self.api.handle(request))

    def serve(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        kubeconfig: str | Path | None = None,
        speed: float = 1.0,
    ) -> HttpServer:
        """Open the API over HTTPS and let virtual time follow the real one, `speed` times as fast.

        At speed 0 time stands; at infinity it jumps to what happens next.

        The answer has `url` and `kubeconfig` (a file for clients, mode 0600); close it, or use it in a `with`.
        Raises ImportError without the extra `wire`, OSError when the address cannot be had.
        """
        from k8slab.http import HttpServer  # the core needs none of what it brings

        server = HttpServer(self.handle, self.loop, host=host, port=port, kubeconfig=kubeconfig, speed=speed)
        self.api.paths.readiness["clock"] = server.pacer.standstill
        return server

    def __repr__(self) -> str:
        ready = sum(vm.is_on for vm in self.world.vms.values())
        return f"<Cluster of {len(self.world.vms)} machines, {ready} on, {self.now - self.loop.start_s:.0f} s old>"

    def _clock(self) -> float:
        return self.loop.now

    def _reaches_api(self, vm: Vm | None) -> bool:
        """There is a way from a machine to that of the API server. Raises ServiceUnavailable when it does not run."""
        home = self.world.vms.get(CONTROL_PLANE)
        if home is not None and home.is_on and not home.serves("kube-apiserver"):
            raise ServiceUnavailable(NOBODY_LISTENS.format(home.address))
        return home is None or self.world.network.reachable(vm, home)

    def _found_cluster(self) -> None:
        """What the API server makes of itself when it starts for the first time."""
        founder = self.client_for("system:apiserver")
        own = [*system_namespaces(), *kubernetes_service(self._api_address, "192.168.0.10")]
        add(founder, own, is_new=self._is_new)

    def _build(self, nodes: int, zones: list[str]) -> None:
        if not self.agents:
            return
        if "cloud" in self._built_with:
            self._open_cloud(**self._built_with["cloud"])
        home = self._create_vm(CONTROL_PLANE, zones[0], is_control_plane=True)
        install = home.provide if self._is_bare else home.install
        install_control_plane(
            install, home, self.agents, self._clients(home), elect="store" in self._built_with, setup=self._scheduling
        )
        for number in range(1, nodes + 1):
            self._create_vm(f"node-{number}", zones[(number - 1) % len(zones)])
        self._install_cloud_manager()
        self._dns = ClusterDns(self.client_for("system:serviceaccount:kube-system:coredns"), self.loop)
        self._requests = Requests(self.loop, self.loop.random.randrange, self.world.network, self._dns)
        self.world.network.outgoing = ContainerRequests(self._requests, self.world.network)
        self._know_addons()
        if not self._is_bare:
            objects = initial_objects(self.agents, self._machine(home), self.service_cidr, self._release.version)
            add(self.client, objects, is_new=self._is_new)

    @property
    def _runs_proxy_pods(self) -> bool:
        """kube-proxy is a DaemonSet, for there is all that makes and runs its pods; without that the OS starts it."""
        return self._is_bare or set(self.agents) >= DAEMON_AGENTS

    def _clients(self, vm: Vm) -> Any:
        return lambda user: self.client_for(user, vm=vm)

    def _create_vm(self, name: str, zone: str, *, is_control_plane: bool = False) -> Vm:
        vm = self.world.create_vm(name, zone, *self._size)
        if self.world.cloud is not None:
            self.world.cloud.adopt(vm, joins="kubelet" in self.agents)
        if is_control_plane:
            self._install_api(vm, vm.provide if self._is_bare else vm.install)
        if self._is_bare:
            vm.files |= program_files(self._release.version)
            self._equip(vm)
        else:
            self._set_up(vm, is_control_plane=is_control_plane)
        return vm

    def _set_up(
        self,
        vm: Vm,
        *,
        is_control_plane: bool = False,
        labels: Mapping[str, str] | None = None,
        taints: Iterable[Obj] = (),
    ) -> None:
        """Have a machine be as kubeadm leaves it, with these labels and taints when it registers."""
        version = self._release.version if is_control_plane else self.api.paths.version
        vm.files |= files_of(self._machine(vm), self.service_cidr, version, is_control_plane=is_control_plane)
        self._equip(vm, is_control_plane=is_control_plane, labels=dict(labels or {}), taints=tuple(taints))

    def _equip(self, vm: Vm, **node: Any) -> None:
        """Put the programs of a node on a machine; they do nothing before kubeadm has written their files."""
        if "kubelet" in self.agents:
            own = self.client_for(f"system:node:{vm.name}", vm=vm)
            node["has_cloud"] = self.world.cloud is not None
            vm.install("kubelet", lambda scope: configured(vm, lambda: Kubelet(own, scope, vm, **node)))
        if "proxy" in self.agents:
            client = self.client_for("system:serviceaccount:kube-system:kube-proxy", vm=vm)
            policies = self.client_for("kube-network-policies", groups=MASTERS, vm=vm)
            install = vm.provide if self._runs_proxy_pods else vm.install
            vm.install(
                "kube-network-policies", lambda scope: configured(vm, lambda: NetworkPolicyAgent(policies, scope, vm))
            )
            install("kube-proxy", lambda scope: configured(vm, lambda: KubeProxy(client, scope, vm, self._rule_maker)))

    def _install_api(self, home: Vm, install: Install) -> None:
        """Have a machine run the API server, and its store when that is not a server elsewhere."""
        if isinstance(store := self.etcd, DictStore):
            install("etcd", lambda scope: EtcdProcess(store))
        install(
            "kube-apiserver",
            lambda scope: ApiServerProcess(self.api, scope, api_server_version(home.files, self._release.version)),
        )

    def _machine(self, vm: Vm) -> Machine:
        return Machine(vm.name, vm.address, self.loop.seed, self._api_address, self.now)

    def _dial(self, host: str, request: Request) -> Response:
        """Have who listens at an address answer the API server. Raises ConnectionError when nobody does."""
        return dial(self.world, self.world.vms.get(CONTROL_PLANE), host, request)
