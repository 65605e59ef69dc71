"""The small programs in containers, and the images whose containers are such programs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from k8slab.world import Fetched, HttpRequest, NoAnswerError

FILES = "mkdir -p /d/e; echo one > /d/a; printf '3 x\\n10 y\\n2 z\\n' > /d/n; "


class Names:
    """A way for requests: one name, whose pod answers at once; and a DNS that can be silent."""

    def __init__(self, network: Any, names: dict[str, str]) -> None:
        self.network, self.names, self.is_silent = network, names, False

    def fetch(self, url: str, source: Any, namespace: str, client: str, agent: str, sandbox: Any = None) -> Fetched:
        parts = urlsplit(url)
        reached = self.reach(parts.hostname or "", parts.port or 80, sandbox)
        if reached.problem:
            return reached
        address, _, port = reached.address.partition(":")
        reply = self.network.dial(source, address, int(port)).ask(
            HttpRequest(path=parts.path or "/", client=client, headers={"User-Agent": agent})
        )
        return reached._replace(status=reply.status, body=reply.body)

    def reach(self, host: str, port: int, sandbox: Any) -> Fetched:
        address = self.names.get(host, host)
        if not address[:1].isdigit():
            return Fetched(problem=6, text=f"curl: (6) Could not resolve host: {host}")
        outcome = self.network.dial(sandbox.vm, address, port).outcome
        problem = {"connected": 0, "refused": 7, "timeout": 28}[outcome]
        return Fetched(problem=problem, text=f"curl: ({problem})", address=f"{address}:{port}")

    def resolve(self, host: str, sandbox: Any) -> tuple[str, tuple[str, ...]]:
        if self.is_silent:
            raise NoAnswerError
        found = self.names.get(host)
        return (f"{host}.{sandbox.namespace}.svc.cluster.local", (found,)) if found else ("", ())


@pytest.fixture
def shell(machines: Any) -> Any:
    """A container with a shell; at `web` a web server answers."""
    web = machines.run("nginx", uid="web")
    machines.world.network.outgoing = Names(machines.world.network, {"web": web.sandbox.ip})
    return machines.run("busybox", uid="shell", command=("sleep", "infinity"))


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("ls /d", "a\ne\nn\n"),
        ("ls -l /d/a", "-rw-r--r--    1 root     root             4 Jan  1 00:00 /d/a\n"),
        ("ls /d/a /d/e", "/d/a\n\n/d/e:\n"),
        ("cp /d/a /d/e; cat /d/e/a; mv /d/a /d/b; ls /d", "one\nb\ne\nn\n"),
        ("sort -n /d/n", "2 z\n3 x\n10 y\n"),
        ("sort -rn /d/n | head -n 1", "10 y\n"),
        ("wc -l < /d/n; wc -l /d/n", "3\n3 /d/n\n"),
        ("grep -c '[xy]' /d/n; grep -v x /d/n | tail -n 1", "2\n2 z\n"),
        ("echo two | tee -a /d/a; cat /d/a", "two\none\ntwo\n"),
        ("cd /d; pwd; cat a; cat ../d/a", "/d\none\none\n"),
        ("echo two | gzip | gunzip; gzip /d/a; ls /d; zcat /d/a.gz; gunzip /d/a.gz; ls /d",
         "two\na.gz\ne\nn\none\na\ne\nn\n"),
        ("gzip -c /d/a | zcat; { gzip -d /d/a || zcat /d/n || gunzip no; } 2>&1; echo $?",
         "one\ngzip: /d/a: unknown suffix - ignored\nzcat: invalid magic\ngunzip: no: No such file or directory\n1\n"),
        ("hostname; hostname -i", "pod-shell\n10.244.1.3\n"),
        ("whoami; id; uname", "root\nuid=0(root) gid=0(root)\nLinux\n"),
        ("date -u +%Y-%m-%d; date", "2026-01-01\nThu Jan  1 00:00:01 UTC 2026\n"),
        ("which ls wget curl; echo $?", "/bin/ls\n/bin/wget\n1\n"),
        ("env | sort | head -n 2; printenv NOTHING; echo $?", "HOME=/root\n"
         "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n1\n"),
        ("basename /a/b/; seq 2 2 6", "b\n2\n4\n6\n"),
        ("[ -d /d ] && [ -s /d/a ] && [ ! -e /no ] && [ 2 -lt 10 ] && [ a != b ] && echo all", "all\n"),
        ("cat /etc/hosts | tail -n 1", "10.244.1.3\tpod-shell\n"),
    ],
)  # fmt: skip
def test_programs_print_what_busybox_prints(shell: Any, script: str, out: str) -> None:
    result = shell.exec(("sh", "-c", FILES + script))

    assert (result.output, result.errors) == (out, "")


@pytest.mark.parametrize(
    ("command", "code", "errors"),
    [
        ("cat /no", 1, "cat: can't open '/no': No such file or directory\n"),
        ("cat /d", 1, "cat: read error: Is a directory\n"),
        ("ls /no", 1, "ls: /no: No such file or directory\n"),
        ("rm /no", 1, "rm: can't remove '/no': No such file or directory\n"),
        ("rm /d", 1, "rm: '/d' is a directory\n"),
        ("mkdir /d", 1, "mkdir: can't create directory '/d': File exists\n"),
        ("touch /no/such", 1, "touch: /no/such: No such file or directory\n"),
        ("cp /no /d", 1, "cp: can't stat '/no': No such file or directory\n"),
        ("sleep soon", 1, "sleep: invalid number 'soon'\n"),
        ("[ -f /d/a", 2, "[: missing ]\n"),
        ("curl http://web", 127, "sh: curl: not found\n"),
        ("wget -qO- http://nobody", 1, "wget: bad address 'nobody'\n"),
        ("wget -qO- http://web:81", 1, "wget: can't connect to remote host (10.244.1.2): Connection refused\n"),
        ("wget -qO- -T 3 http://10.9.9.9", 1, "wget: download timed out\n"),
        ("wget -qO- http://web/no", 1, "wget: server returned error: HTTP/1.1 404 Not Found\n"),
        ("nc web 81", 1, "nc: web (10.244.1.2:81): Connection refused\n"),
        ("ping nobody", 1, "ping: bad address 'nobody'\n"),
    ],
)
def test_programs_fail_as_busybox_does(shell: Any, command: str, code: int, errors: str) -> None:
    result = shell.exec(("sh", "-c", FILES + command))

    assert (result.exit_code, result.errors) == (code, errors)


@pytest.mark.parametrize(
    ("command", "out"),
    [
        ("wget -qO- web | head -n 1", "<!DOCTYPE html>\n"),
        ("wget -q web; ls /index.html", "/index.html\n"),
        ("wget -q --spider http://web && echo there", "there\n"),
        ("nslookup web", "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n"
         "Name:\tweb.default.svc.cluster.local\nAddress: 10.244.1.2\n\n"),
        ("nslookup nobody; echo $?", "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n"
         "** server can't find nobody: NXDOMAIN\n\n1\n"),
        ("nc -z web 80 && echo open", "open\n"),
        ("ping -c 2 web | grep received", "2 packets transmitted, 2 packets received, 0% packet loss\n"),
        ("until nslookup web > /dev/null; do sleep 2; done; echo found", "found\n"),
    ],
)  # fmt: skip
def test_programs_ask_others(shell: Any, command: str, out: str) -> None:
    result = shell.exec(("sh", "-c", command))

    assert (result.output, result.errors) == (out, "")


def test_without_a_dns_server_no_name_is_known(shell: Any) -> None:
    shell.sandbox.vm.network.outgoing.is_silent = True

    result = shell.exec(("nslookup", "web"))

    assert (result.exit_code, result.output) == (1, ";; connection timed out; no servers could be reached\n\n")


def test_a_request_without_any_way_finds_nobody(machines: Any) -> None:
    alone = machines.run("busybox", command=("sleep", "infinity"))

    assert alone.exec(("wget", "-qO-", "http://web")).errors == "wget: bad address 'web'\n"


@pytest.mark.parametrize(
    ("image", "command", "seconds", "code", "log"),
    [
        ("perl:5.34", ("perl", "-Mbignum=bpi", "-wle", "print bpi(20)"), 5, 0, ["3.1415926535897932384"]),
        ("python:3.14", ("python", "-c", "import time; time.sleep(30); print('done')"), 30, 0, ["done"]),
        ("python:3.14", ("python3", "-c", "import sys; sys.exit(3)"), 5, 3, []),
        ("python:3.14", ("python", "work.py"), 5, 0, []),
        ("python:3.14", ("sh", "-c", "sleep 2; exit 4"), 2, 4, []),
        ("alpine:3.23", ("sh", "-c", "echo a; sleep 7; false"), 7, 1, ["a"]),
        ("busybox", ("sh", "-c", "for i in 3 2 1; do echo $i; sleep 1; done"), 3, 0, ["3", "2", "1"]),
        ("python:3.14", ("sh", "-c", "echo first; python -c 'print(\"x\"); exit(6)'"), 5, 6, ["first", "x"]),
        ("ubuntu:26.04", ("bash", "-c", "sleep 1; exit 2"), 1, 2, []),
        ("curlimages/curl", ("curl", "-s", "http://nobody"), 0, 6, []),
    ],
)
def test_a_batch_takes_its_time_and_ends(
    machines: Any, image: str, command: tuple[str, ...], seconds: float, code: int, log: list[str]
) -> None:
    container = machines.run(image, command=command)

    machines.loop.settle()

    took = container.finished_at - container.started_at
    assert (container.exit_code, took, [line for _, line in container.log_lines()]) == (code, seconds, log)


@pytest.mark.parametrize(
    ("args", "code", "log"),
    [(("-s", "http://nobody"), 6, []), (("curl", "-s", "http://nobody"), 6, []), (("echo", "hi"), 0, ["hi"]),
     ((), 2, ["curl: try 'curl --help' or 'curl --manual' for more information"])],
)  # fmt: skip
def test_the_arguments_of_curls_image_are_curls(
    machines: Any, args: tuple[str, ...], code: int, log: list[str]
) -> None:
    """Source: curl/curl-container, etc/entrypoint.sh: unless the first is the name of a program."""
    container = machines.run("curlimages/curl", args=args)

    machines.loop.settle()

    assert (container.exit_code, [line for _, line in container.log_lines()]) == (code, log)


def test_a_web_server_in_python_serves_at_its_port(machines: Any) -> None:
    container = machines.run("python:3.14", command=("python", "-m", "http.server", "8080"))

    assert container.is_running and container.listening == {8080}


def test_arguments_alone_replace_a_command(machines: Any) -> None:
    """Source: kubernetes.io, "Define a Command and Arguments for a Container"."""
    container = machines.run("nginx", args=("sh", "-c", "exit 5"))

    assert container.exit_code == 5


def test_nginx_serves_what_is_mounted(machines: Any) -> None:
    web = machines.run("nginx")

    web.exec(("sh", "-c", "echo hello > /usr/share/nginx/html/new.html; mkdir /usr/share/nginx/html/empty"))

    assert web.ask(HttpRequest("/new.html")).body == "hello\n"
    assert [web.ask(HttpRequest(path)).status for path in ("/", "/empty/", "/nothing")] == [200, 403, 404]


def test_an_access_log_tells_who_asked(machines: Any) -> None:
    """Source: nginx.org, ngx_http_log_module, "combined"."""
    web = machines.run("nginx", uid="web")
    machines.world.network.outgoing = Names(machines.world.network, {"web": web.sandbox.ip})
    shell = machines.run("busybox", uid="shell", command=("sleep", "infinity"))

    shell.exec(("wget", "-qO-", "http://web/x"))

    line = web.log_lines()[-1][1]
    assert line.startswith("10.244.1.3 - - [01/Jan/2026:00:00:0") and line.endswith(' 404 139 "-" "Wget" "-"')


def test_a_script_may_prepare_something_and_then_be_the_server(machines: Any) -> None:
    script = "echo ready > /usr/share/nginx/html/index.html && exec nginx -g 'daemon off;'"
    web = machines.run("nginx", command=("sh", "-c", script))

    assert web.is_running and web.ask(HttpRequest("/")).body == "ready\n"


def test_a_script_in_a_server_that_never_serves_hears_no_requests(machines: Any) -> None:
    web = machines.run("nginx", command=("sh", "-c", "sleep infinity"))

    assert web.is_running and web.listening == set()


@pytest.mark.parametrize(
    ("command", "code"), [(("python", "-c", "time.sleep(99)"), 137), (("python", "-m", "http.server"), 0)]
)
def test_a_script_of_a_language_is_killed_and_a_server_ends(machines: Any, command: tuple[str, ...], code: int) -> None:
    container = machines.run("python:3.14", command=command)

    container.terminate(30)
    machines.loop.settle()

    assert container.exit_code == code


def test_an_interpreter_can_be_called_beside_the_process(machines: Any) -> None:
    container = machines.run("python:3.14", command=("sleep", "infinity"))

    assert container.exec(("python", "-c", "print('here')")).output == "here\n"


@pytest.mark.parametrize(
    ("script", "end"),
    [
        ("x=ab; while true; do x=$x$x; done", "MemoryError: sh: out of memory"),
        ("seq 99999999999", "MemoryError: seq: more than 1000000 numbers"),
        ("seq 1000000 > /a; cat /a /a > /b", "cat: /b: No space left on device"),
        ("(" * 3000, "sh: syntax error: too deeply nested"),
        ("i=3; while true; do i=$((i * i)); [ $i -lt 0 ] && break; done; echo $((7 / 0))", "0"),
    ],
)
def test_a_container_that_wants_too_much_ends_and_nobody_else(machines: Any, script: str, end: str) -> None:
    container = machines.run("busybox", command=("sh", "-c", script))

    machines.loop.settle()

    assert container.state == "EXITED" and container.log_lines()[-1][1] == end
