"""A push tool: what it prints, what it learns, and what it never hears of."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import World
from k8slab.world.play_modules import A_NODE
from k8slab.world.playbook import PlaybookRun
from k8slab.world.plays import PlaybookError, read_playbook, select_hosts

SHOP = """
- name: Shop
  hosts: web
  gather_facts: false
  vars: {tag: "1.27"}
  tasks:
    - name: Configuration
      ansible.builtin.copy: {dest: /etc/shop.conf, content: "colour=blue"}
    - name: Web server
      community.docker.docker_container: {name: web, image: "nginx:{{ tag }}", published_ports: ["8080:80"]}
"""
OUTPUT = """\
PLAY [Shop] ********************************************************************

TASK [Configuration] ***********************************************************
changed: [vm-1]
changed: [vm-2]

TASK [Web server] **************************************************************
changed: [vm-1]
changed: [vm-2]

PLAY RECAP *********************************************************************
vm-1                       : ok=2    changed=2    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
vm-2                       : ok=2    changed=2    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
"""


class Room:
    """Three machines and someone who runs playbooks over them."""

    def __init__(self) -> None:
        self.loop = Loop(seed=3)
        self.world = World(self.loop)
        self.vms = [self.world.create_vm(f"vm-{number}") for number in (1, 2, 3)]

    def play(self, text: str = SHOP, **given: Any) -> PlaybookRun:
        run = PlaybookRun(self.world, text, given.pop("groups", {"web": ["vm-1", "vm-2"], "db": ["vm-3"]}), **given)
        run.begin()
        self.loop.settle(10_000, 10_000)
        return run

    def one(self, module: str, args: str, *times: None) -> tuple[str, str]:
        """How one task ends on one machine, and what is told."""
        play = f"- hosts: vm-1\n  gather_facts: false\n  tasks:\n    - {module}: {args}\n"
        report = self.play(play).reports[-1]
        return report.status, report.message

    def web(self, number: int = 1) -> Any:
        return self.world.vm(f"vm-{number}").runtime.sandboxes["play/web"].containers["web"]


@pytest.fixture
def room() -> Room:
    return Room()


def test_it_prints_as_ansible_does(room: Room) -> None:
    """Source: lib/ansible/plugins/callback/default.py."""
    assert sorted(room.play().output.splitlines()) == sorted(OUTPUT.splitlines())


def test_who_is_asked_twice_is_changed_once(room: Room) -> None:
    room.play()

    again = room.play()

    assert again.recap["vm-1"] == dict.fromkeys(again.recap["vm-1"], 0) | {"ok": 2}


def test_what_dies_after_the_last_line_is_told_to_nobody(room: Room) -> None:
    run = room.play()
    before = run.output

    room.web().kill()
    room.loop.run_until(room.loop.now + 86_400)

    assert (run.output, run.exit_code, room.web().is_running) == (before, 0, False)


def test_the_next_run_repairs_without_knowing_what_happened(room: Room) -> None:
    room.play()
    room.web().out_of_memory()

    again = room.play()

    assert [
        (report.host, report.status, report.message) for report in again.reports if report.task == "Web server"
    ] == [
        ("vm-2", "ok", ""),
        ("vm-1", "changed", ""),
    ]
    assert "OOM" not in again.output and room.web().attempt == 1


def test_a_machine_without_power_is_unreachable_and_left_out_from_then_on(room: Room) -> None:
    room.vms[0].power_off()

    run = room.play()

    assert [(one.host, one.status) for one in run.reports] == [
        ("vm-2", "changed"),
        ("vm-1", "unreachable"),
        ("vm-2", "changed"),
    ]
    assert run.reports[1].at - run.begun == 10 and run.exit_code == 4
    told = "Failed to connect to the host via ssh: ssh: connect to host 192.168.0.10 port 22: Connection timed out"
    assert run.reports[1].message == told


def test_a_machine_that_goes_in_the_middle_keeps_the_play_waiting(room: Room) -> None:
    """Source: tcp(7): keepalive after two hours, nine times 75 s."""
    room.loop.call_later(0.5, room.vms[0].power_off)

    run = room.play()

    assert run.recap["vm-1"]["unreachable"] == 1 and run.ended - run.begun > 7200


def test_a_machine_that_comes_back_has_nothing_running(room: Room) -> None:
    room.play()
    room.vms[0].power_off()
    room.vms[0].power_on()

    room.loop.run_until(room.loop.now + 3600)

    assert not room.web().is_running and room.web(2).is_running


def test_a_failed_machine_is_left_out_and_an_ignored_failure_is_counted(room: Room) -> None:
    text = """
- hosts: all
  tasks:
    - command: /bin/false
      ignore_errors: true
    - command: sh -c "exit 3"
    - ping:
"""
    run = room.play(text)

    assert run.recap["vm-3"] == dict.fromkeys(run.recap["vm-3"], 0) | {"ok": 2, "failed": 1, "ignored": 1}
    assert run.exit_code == 2 and "NO MORE HOSTS LEFT ***" in run.output and "TASK [ping]" not in run.output
    assert 'fatal: [vm-1]: FAILED! => {"changed": false, "msg": "non-zero return code", "rc": 3}' in run.output


def test_more_machines_than_forks_take_turns(room: Room) -> None:
    """Source: docs.ansible.com, "Setting the number of forks": 5."""
    for number in range(4, 13):
        room.world.create_vm(f"vm-{number}")
    text = "- hosts: all\n  gather_facts: false\n  tasks:\n    - ping:\n"

    times = [round(report.at - room.loop.start_s, 1) for report in room.play(text, groups=None).reports]

    assert times == [0.7] * 5 + [1.4] * 5 + [2.1] * 2


def test_a_container_on_a_node_is_refused(room: Room) -> None:
    room.vms[0].files["/etc/kubernetes/kubelet.conf"] = "kind: Config"

    assert room.one("docker_container", "{name: web, image: nginx}") == ("failed", A_NODE.format("vm-1"))


class _Daemon:
    def stop(self) -> None:
        """Nothing to let go of."""


# docs.ansible.com, the modules' pages: module, arguments, how it ends the first and the second time
MODULES = [
    ("copy", "{dest: /etc/a, content: x}", "changed", "ok"),
    ("command", "echo hi", "changed", "changed"),
    ("shell", "echo hi > /tmp/a", "changed", "changed"),
    ("command", "{cmd: touch /tmp/a, creates: /tmp/a}", "changed", "ok"),
    ("command", "{cmd: rm /tmp/b, removes: /tmp/b}", "ok", "ok"),
    ("command", "cat /nowhere", "failed", "failed"),
    ("service", "name=nginx state=started", "failed", "failed"),
    ("service", "name=sshd state=started", "ok", "ok"),
    ("systemd", "{name: sshd.service, state: stopped}", "changed", "ok"),
    ("systemd", "{name: sshd, state: restarted}", "changed", "changed"),
    ("docker_container", "{name: web, image: nginx}", "changed", "ok"),
    ("docker_container", "{name: web, image: nginx, recreate: true}", "changed", "changed"),
    ("podman_container", "{name: web, state: absent}", "ok", "ok"),
    ("docker_container", "{name: web}", "failed", "failed"),
    ("docker_container", "{name: web, image: doesnotexist}", "failed", "failed"),
    ("docker_container", "{name: web, image: nginx, restart_policy: always}", "failed", "failed"),
    ("docker_container", "{name: web, image: nginx, state: up}", "failed", "failed"),
    ("copy", "{content: x}", "failed", "failed"),
    ("setup", "{}", "ok", "ok"),
]


@pytest.mark.parametrize(("module", "args", "first", "second"), MODULES)
def test_a_module_changes_what_is_not_as_it_should_be(
    room: Room, module: str, args: str, first: str, second: str
) -> None:
    room.vms[0].install("sshd", lambda scope: _Daemon())

    assert (room.one(module, args)[0], room.one(module, args)[0]) == (first, second)


def test_what_a_shell_wrote_stays_on_the_machine(room: Room) -> None:
    room.one("shell", "echo hi > /tmp/a; rm -f /tmp/b")

    assert room.vms[0].files["/tmp/a"] == "hi\n"


def test_a_container_of_another_image_takes_the_place_of_the_one_before(room: Room) -> None:
    room.play()

    room.play(extra_vars={"tag": "1.28"})

    assert (room.web().config.image, room.web().is_running) == ("nginx:1.28", True)
    assert len(room.vms[0].runtime.running()) == 1


# docs.ansible.com, "Patterns: targeting hosts and groups"
PATTERNS = [
    ("all", "a b c"), ("web", "a b"), ("web,db", "a b c"), ("web:db", "a b c"), ("web:!b", "a"), ("all:!web", "c"),
    ("web:&old", "b"), ("c", "c"), ("nobody", ""),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "hosts"), PATTERNS)
def test_a_pattern_means_machines(pattern: str, hosts: str) -> None:
    groups = {"web": ["a", "b"], "db": ["c"], "old": ["b", "c"]}

    assert select_hosts(pattern, groups, ["a", "b", "c"]) == hosts.split()


WRONG = [
    ("", "Empty playbook, nothing to do"),
    ("a: 1", "A playbook must be a list of plays, got a <class 'dict'> instead"),
    ("- [", "Syntax Error while loading YAML."),
    ("- 3", "playbook entries must be either valid plays or 'import_playbook' statements"),
    ("- tasks: []", "the field 'hosts' is required but was not set"),
    ("- {hosts: a, task: []}", "'task' is not a valid attribute for a Play"),
    ("- {hosts: a, roles: [x]}", "'roles' is left out here"),
    ("- {hosts: a, tasks: [x]}", "A malformed block was encountered while loading tasks: 'x' should be a dictionary"),
    ("- {hosts: a, tasks: [{name: x}]}", "no module/action detected in task."),
    ("- {hosts: a, tasks: [{ping: , copy: }]}", "conflicting action statements: ping, copy"),
    ("- {hosts: a, tasks: [{ping: , when: x}]}", "'when' is left out here"),
    (
        "- {hosts: a, tasks: [{kubectl: x}]}",
        "couldn't resolve module/action 'kubectl'. This often indicates a misspelling",
    ),
    ("- {hosts: a, tasks: [{copy: 'dest=/a content={{ x }}'}]}", "'x' is undefined"),
]


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_a_playbook_that_cannot_be_run_is_told_of_in_ansibles_words(text: str, problem: str) -> None:
    with pytest.raises(PlaybookError) as caught:
        read_playbook(text)

    assert problem in str(caught.value)


def test_hosts_that_match_nothing_are_skipped(room: Room) -> None:
    assert "skipping: no hosts matched" in room.play("- {hosts: nobody, tasks: [{ping: }]}").output


def test_an_inventory_with_a_machine_that_there_is_not_is_refused(room: Room) -> None:
    with pytest.raises(ValueError, match='there is no VM "vm-9"; there are: vm-1, vm-2, vm-3'):
        room.play(groups={"web": ["vm-9"]})
