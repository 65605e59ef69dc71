"""Pod Security: each control of the two standards, and what the labels of a namespace make of them.

Source: staging/src/k8s.io/pod-security-admission/policy/check_*.go and admission/admission.go;
kubernetes.io, "Pod Security Standards" and "Pod Security Admission".
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

from k8slab.wire import Response

Case = tuple[Obj, str]

LABEL = "pod-security.kubernetes.io/"
HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
HOST = {"name": "x", "hostPath": {"path": "/"}}
SECCOMP = "securityContext.seccompProfile.type to"


def container(name: str = "a", security: Obj | None = None, **fields: Any) -> Obj:
    """A container that keeps the standard restricted but for what is said here; None takes a setting away."""
    context = {key: value for key, value in {**HARDENED, **(security or {})}.items() if value is not None}
    return {"name": name, "image": "nginx", "securityContext": context, **fields}


def both(**security: Any) -> Obj:
    """A spec of two containers with the same setting."""
    return {"containers": [container("a", security), container("b", security)]}


def one(**security: Any) -> Obj:
    """A spec of two containers, of which the first has a setting."""
    return {"containers": [container("a", security), container("b")]}


def whole(security: Obj | None = None, **spec: Any) -> Obj:
    """A spec of one container with fields of the pod as a whole."""
    return {"containers": [container()], **({"securityContext": security} if security else {}), **spec}


def labelled(api: ApiBench, **modes: str) -> None:
    """Label the namespace default: enforce, warn, enforce_version …"""
    labels = {LABEL + mode.replace("_", "-"): level for mode, level in modes.items()}
    api.client.patch("Namespace", "default", "", {"metadata": {"labels": labels}})


def create(api: ApiBench, spec: Obj, kind: str = "Pod") -> Response:
    """Try to create a pod, or something with a template."""
    return api.send("create", kind, body=sample(kind, spec=spec))


def template(spec: Obj) -> Obj:
    return {"selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": spec}}  # fmt: skip


BASELINE: list[Case] = [
    (one(appArmorProfile={"type": "Unconfined"}),
     'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")'),
    (whole({"appArmorProfile": {"type": "Unconfined"}}),
     'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")'),
    (whole(hostNetwork=True, hostPID=True, hostIPC=True),
     "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)"),
    (whole(hostPID=True), "host namespaces (hostPID=true)"),
    ({"containers": [container(ports=[{"containerPort": 80, "hostPort": 80}])]},
     'hostPort (container "a" uses hostPort 80)'),
    ({"containers": [container("a", ports=[{"containerPort": 80, "hostPort": 80}]),
                     container("b", ports=[{"containerPort": 8080, "hostPort": 8080}])]},
     'hostPort (containers "a", "b" use hostPorts 80, 8080)'),
    ({"containers": [container(livenessProbe={"httpGet": {"path": "/", "port": 80, "host": "8.8.8.8"}})]},
     'probe or lifecycle host (container "a" uses probe or lifecycle host "8.8.8.8")'),
    ({"containers": [container(lifecycle={"postStart": {"tcpSocket": {"port": 80, "host": "1.1.1.1"}}}),
                     container("b", readinessProbe={"tcpSocket": {"port": 80, "host": "8.8.8.8"}})]},
     'probe or lifecycle host (containers "a", "b" use probe or lifecycle hosts "1.1.1.1", "8.8.8.8")'),
    (one(procMount="Unmasked"), 'procMount (container "a" must not set securityContext.procMount to "Unmasked")'),
    (whole({"seLinuxOptions": {"type": "spc_t", "user": "root", "role": "admin"}}), "seLinuxOptions (pod set "
     'forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)'),
    (both(seLinuxOptions={"user": "root"}), 'seLinuxOptions (containers "a", "b" set forbidden '
     "securityContext.seLinuxOptions: user may not be set)"),
    (whole({"sysctls": [{"name": "kernel.msgmax", "value": "1"}, {"name": "net.core.somaxconn", "value": "1"}]}),
     "forbidden sysctls (kernel.msgmax, net.core.somaxconn)"),
    (whole({"windowsOptions": {"hostProcess": True}}),
     "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"),
]  # fmt: skip
ONLY_BASELINE: list[Case] = [
    (one(privileged=True, allowPrivilegeEscalation=True),
     'privileged (container "a" must not set securityContext.privileged=true)'),
    (both(privileged=True, allowPrivilegeEscalation=True),
     'privileged (containers "a", "b" must not set securityContext.privileged=true)'),
    (one(capabilities={"add": ["SYS_ADMIN", "NET_RAW"], "drop": ["ALL"]}), 'non-default capabilities (container "a" '
     'must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)'),
    (whole(volumes=[{"name": "x", "hostPath": {"path": "/"}}, {"name": "y", "hostPath": {"path": "/srv"}}]),
     'hostPath volumes (volumes "x", "y")'),
    (one(seccompProfile={"type": "Unconfined"}),
     f'seccompProfile (container "a" must not set {SECCOMP} "Unconfined")'),
]  # fmt: skip
RESTRICTED: list[Case] = [
    (one(allowPrivilegeEscalation=None),
     'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)'),
    (both(allowPrivilegeEscalation=True),
     'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false)'),
    (one(capabilities=None),
     'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])'),
    (one(capabilities={"drop": ["NET_RAW"], "add": ["CHOWN"]}), 'unrestricted capabilities (container "a" must set '
     'securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in '
     "securityContext.capabilities.add)"),
    (whole(volumes=[{"name": "x", "hostPath": {"path": "/"}}, {"name": "y", "nfs": {"server": "s", "path": "/"}}]),
     'restricted volume types (volumes "x", "y" use restricted volume types "hostPath", "nfs")'),
    (one(runAsNonRoot=None),
     'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)'),
    (both(runAsNonRoot=None),
     'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)'),
    (one(runAsNonRoot=False), 'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)'),
    (whole({"runAsNonRoot": False}), "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)"),
    (one(runAsUser=0), 'runAsUser=0 (container "a" must not set runAsUser=0)'),
    ({**one(runAsUser=0), "securityContext": {"runAsUser": 0}},
     'runAsUser=0 (pod and container "a" must not set runAsUser=0)'),
    (one(seccompProfile=None),
     f'seccompProfile (pod or container "a" must set {SECCOMP} "RuntimeDefault" or "Localhost")'),
    (one(seccompProfile={"type": "Unconfined"}),
     f'seccompProfile (container "a" must not set {SECCOMP} "Unconfined")'),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "told"), [*BASELINE, *ONLY_BASELINE], ids=lambda value: str(value)[:50])
def test_what_baseline_forbids(api: ApiBench, spec: Obj, told: str) -> None:
    labelled(api, enforce="baseline")

    answer = create(api, spec)

    text = f'pods "web" is forbidden: violates PodSecurity "baseline:latest": {told}'
    assert (answer.code, answer.body["reason"], answer.body["message"]) == (403, "Forbidden", text)


@pytest.mark.parametrize(("spec", "told"), [*BASELINE, *RESTRICTED], ids=lambda value: str(value)[:50])
def test_what_restricted_forbids(api: ApiBench, spec: Obj, told: str) -> None:
    labelled(api, enforce="restricted")

    answer = create(api, spec)

    assert answer.code == 403
    assert answer.body["message"] == f'pods "web" is forbidden: violates PodSecurity "restricted:latest": {told}'


def test_an_everyday_pod_breaks_four_rules_of_restricted(api: ApiBench) -> None:
    """Source: kubernetes.io, "Apply Pod Security Standards at the Namespace Level", the answer shown there."""
    labelled(api, enforce="restricted")

    answer = create(api, {"containers": [{"name": "nginx", "image": "nginx"}]})

    assert answer.body["message"] == (
        'pods "web" is forbidden: violates PodSecurity "restricted:latest": '
        'allowPrivilegeEscalation != false (container "nginx" must set '
        "securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "
        '(container "nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true '
        '(pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile '
        '(pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
    )


GOOD: list[tuple[str, Obj]] = [
    ("restricted", whole()),
    ("restricted", one(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})),
    ("restricted", one(seccompProfile={"type": "Localhost", "localhostProfile": "x.json"}, runAsUser=1000)),
    ("restricted", {**both(runAsNonRoot=None, seccompProfile=None),
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}}),
    ("restricted", whole(volumes=[{"name": "x", "emptyDir": {}}, {"name": "y", "configMap": {"name": "c"}}])),
    ("restricted", whole({"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]})),
    ("restricted", whole({"seLinuxOptions": {"type": "container_t"}})),
    ("restricted", {"containers": [container(livenessProbe={"httpGet": {"path": "/", "port": 80}})]}),
    ("baseline", {"containers": [{"name": "a", "image": "nginx"}]}),
    ("baseline", one(capabilities={"add": ["CHOWN"]}, runAsUser=0, runAsNonRoot=None)),
    ("baseline", whole(volumes=[{"name": "x", "nfs": {"server": "s", "path": "/"}}])),
    ("privileged", {**both(privileged=True, allowPrivilegeEscalation=True), "hostNetwork": True}),
]  # fmt: skip


@pytest.mark.parametrize(("level", "spec"), GOOD, ids=lambda value: str(value)[:50])
def test_what_a_standard_lets_in(api: ApiBench, level: str, spec: Obj) -> None:
    labelled(api, enforce=level)

    assert create(api, spec).code == 201


def test_init_containers_are_held_to_it_too(api: ApiBench) -> None:
    labelled(api, enforce="baseline")
    bad = container("init", {"privileged": True, "allowPrivilegeEscalation": True})

    answer = create(api, {"containers": [container()], "initContainers": [bad]})

    assert answer.body["message"].endswith('(container "init" must not set securityContext.privileged=true)')


@pytest.mark.parametrize(
    ("modes", "code", "warned"),
    [
        ({}, 201, ""),
        ({"enforce": "privileged", "warn": "privileged"}, 201, ""),
        ({"warn": "baseline"}, 201, "baseline:latest"),
        ({"enforce": "privileged", "warn": "restricted"}, 201, "restricted:latest"),
        ({"warn": "baseline", "warn_version": "v1.30"}, 201, "baseline:v1.30"),
        ({"audit": "restricted"}, 201, ""),
        ({"enforce": "baseline", "warn": "restricted"}, 403, ""),
        ({"enforce": "stern"}, 403, ""),
    ],
)
def test_the_modes(api: ApiBench, modes: dict[str, str], code: int, warned: str) -> None:
    """Source: kubernetes.io, "Pod Security Admission labels for namespaces"; policy.go, ParseLevel."""
    labelled(api, **modes)

    answer = create(api, whole(hostPID=True))

    told = f'would violate PodSecurity "{warned}": host namespaces (hostPID=true)'
    assert (answer.code, list(answer.warnings)) == (code, [told] if warned else [])


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"])
def test_a_template_is_only_warned_about(api: ApiBench, kind: str) -> None:
    """Source: "Workload resources and Pod templates": enforcement is for pods alone."""
    labelled(api, enforce="baseline", warn="baseline")
    spec = template(whole(hostPID=True))
    if kind in ("Job", "CronJob"):
        spec = {"template": {"spec": whole(hostPID=True, restartPolicy="Never")}}
        spec = spec if kind == "Job" else {"schedule": "* * * * *", "jobTemplate": {"spec": spec}}

    answer = create(api, spec | ({"serviceName": "web"} if kind == "StatefulSet" else {}), kind)

    told = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)'
    assert (answer.code, list(answer.warnings)) == (201, [told])


def test_a_pod_that_does_not_change_its_spec_is_left_in_peace(api: ApiBench) -> None:
    """Source: admission.go, isSignificantPodUpdate."""
    create(api, whole(hostPID=True))
    labelled(api, enforce="baseline")

    assert api.patch("Pod", "web", {"metadata": {"labels": {"a": "b"}}})["metadata"]["labels"] == {"a": "b"}


def test_a_stricter_label_names_the_pods_that_break_it(api: ApiBench) -> None:
    """Source: admission.go, EvaluatePodsInNamespace, whose warnings group the pods by what is wrong."""
    for name, spec in (("a", whole(hostPID=True)), ("b", whole(hostPID=True)), ("c", whole()),
                       ("d", whole(hostPID=True, hostIPC=True)), ("e", whole(volumes=[HOST]))):  # fmt: skip
        api.given(sample("Pod", name, spec=spec))
    body = [{"op": "add", "path": "/metadata/labels", "value": {f"{LABEL}enforce": "baseline"}}]

    answer = api.send("patch", "Namespace", "default", body=body, content_type="application/json-patch+json")

    assert answer.code == 200
    assert list(answer.warnings) == [
        'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
        "a (and 2 other pods): host namespaces",
        "e: hostPath volumes",
    ]
