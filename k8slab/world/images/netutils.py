"""The programs that ask others: wget, curl, nslookup, ping, nc. They go the way of every request of the cluster.

Source    busybox 1.37, networking/wget.c, nslookup.c, ping.c, nc.c; curl 7.7
Left out  HTTPS, methods but GET, POST and HEAD, redirects, progress bars
"""

from __future__ import annotations

from k8slab.world.images.calls import Call, Pause, Program, Steps
from k8slab.world.outgoing import EMPTY, REFUSED, UNKNOWN, Fetched, NoAnswerError

__all__ = [
    "NET_PROGRAMS",
]

WITH_VALUE = {"wget": "OTUtPY", "curl": "moHdXwTAeub", "nc": "w", "ping": "cwWi"}
VALUES = ("--timeout", "--tries", "--output-document", "--max-time", "--connect-timeout", "--header", "--request")


def _wget(call: Call) -> Steps:
    flags, urls = _options(call)
    if not urls:
        return call.fail("missing URL")
    fetched = _fetch(call, urls[0])
    yield Pause(min(fetched.took_s, float(flags.get("T") or flags.get("--timeout") or fetched.took_s)))
    host = urls[0].partition("://")[2] or urls[0]
    is_quiet, target = "q" in flags, flags.get("O", host.partition("/")[2].rpartition("/")[2] or "index.html")
    if fetched.problem == UNKNOWN:
        return call.fail(f"bad address '{host.partition('/')[0]}'")
    if not is_quiet:
        call.err(f"Connecting to {host.partition('/')[0]} ({fetched.address})\n")
    problem = _wget_problem(fetched, has_limit="T" in flags or "--timeout" in flags)
    if problem:
        return call.fail(problem)
    if "--spider" in flags:
        call.err("" if is_quiet else "remote file exists\n")
    elif target == "-":
        call.out(fetched.body)
    else:
        call.files[call.path(target)] = fetched.body
        call.err("" if is_quiet else f"saving to '{target}'\n'{target}' saved\n")
    return 0


def _wget_problem(fetched: Fetched, has_limit: bool) -> str:
    if fetched.status >= 400:
        return f"server returned error: HTTP/1.1 {fetched.status} {PHRASES.get(fetched.status, '')}".rstrip()
    if not fetched.problem:
        return ""
    if fetched.problem == REFUSED:
        return f"can't connect to remote host ({fetched.address.partition(':')[0]}): Connection refused"
    if fetched.problem == EMPTY:
        return "error getting response"
    if has_limit:
        return "download timed out"
    return f"can't connect to remote host ({fetched.address.partition(':')[0]}): Connection timed out"


def _curl(call: Call) -> Steps:
    flags, urls = _options(call)
    if not urls:
        call.err("curl: try 'curl --help' or 'curl --manual' for more information\n")
        return 2
    fetched = _fetch(call, urls[0])
    limit = float(flags.get("m") or flags.get("--max-time") or fetched.took_s)
    yield Pause(min(fetched.took_s, limit))
    is_silent = ("s" in flags or "--silent" in flags) and "S" not in flags
    if fetched.problem or limit < fetched.took_s:
        text = (
            fetched.text
            if limit >= fetched.took_s
            else f"curl: (28) Connection timed out after {limit * 1000:.0f} milliseconds"
        )
        call.err("" if is_silent else text + "\n")
        return fetched.problem or 28
    if fetched.status >= 400 and ("f" in flags or "--fail" in flags):
        call.err("" if is_silent else f"curl: (22) The requested URL returned error: {fetched.status}\n")
        return 22
    head = f"HTTP/1.1 {fetched.status} {PHRASES.get(fetched.status, 'OK')}\n\n" if "i" in flags or "I" in flags else ""
    body = "" if "I" in flags else fetched.body
    if "o" in flags:
        if flags["o"] != "/dev/null":
            call.files[call.path(flags["o"])] = body
        body = ""
    written = flags.get("w", "").replace("%{http_code}", str(fetched.status)).replace("\\n", "\n")
    call.out(head + body + written)
    return 0


def _nslookup(call: Call) -> Steps:
    if not call.names:
        return call.fail("usage: nslookup [HOST]")
    yield Pause(0.001)
    try:
        name, addresses = call.place.net.resolve(call.names[0]) if call.place.net is not None else ("", ())
    except NoAnswerError:
        call.out(";; connection timed out; no servers could be reached\n\n")
        return 1
    server = _name_server(call)
    call.out(f"Server:\t\t{server}\nAddress:\t{server}:53\n\n")
    if not addresses:
        call.out(f"** server can't find {call.names[0]}: NXDOMAIN\n\n")
        return 1
    call.out("".join(f"Name:\t{name}\nAddress: {address}\n" for address in addresses) + "\n")
    return 0


def _name_server(call: Call) -> str:
    lines = call.files.get("/etc/resolv.conf", "").splitlines()
    return next((line.split()[1] for line in lines if line.startswith("nameserver ")), "127.0.0.1")


def _ping(call: Call) -> Steps:
    flags, names = _options(call)
    count = int(flags.get("c") or 4)
    net = call.place.net
    address = net.address_of(names[0]) if names and net is not None else ""
    if not address or net is None:
        return call.fail(f"bad address '{names[0] if names else ''}'")
    call.out(f"PING {names[0]} ({address}): 56 data bytes\n")
    trip_s = net.round_trip_s(address)
    yield Pause(count - 1 if trip_s else 10.0)
    shown = f"{(trip_s or 0) * 1000:.3f}"
    if trip_s:
        call.out("".join(f"64 bytes from {address}: seq={n} ttl=62 time={shown} ms\n" for n in range(count)))
    got = count if trip_s else 0
    call.out(f"\n--- {names[0]} ping statistics ---\n{count} packets transmitted, {got} packets received, ")
    call.out(f"{100 - 100 * got // count}% packet loss\n")
    if trip_s:
        call.out(f"round-trip min/avg/max = {shown}/{shown}/{shown} ms\n")
    return 0 if trip_s else 1


def _nc(call: Call) -> Steps:
    _, names = _options(call)
    host, port = (*names, "", "")[:2]
    net = call.place.net
    if net is None or not port.isdecimal():
        return call.fail("bad address")
    reached = net.reach(host, int(port))
    yield Pause(reached.took_s)
    if reached.problem == UNKNOWN:
        return call.fail(f"bad address '{host}'")
    if reached.problem:
        text = "Connection refused" if reached.problem == REFUSED else "Operation timed out"
        return call.fail(f"{host} ({reached.address}): {text}")
    if "v" in call.flags:
        call.err(f"{host} ({reached.address}) open\n")
    return 0


def _fetch(call: Call, url: str) -> Fetched:
    if call.place.net is None:
        return Fetched(problem=UNKNOWN, text=f"curl: (6) Could not resolve host: {url}")
    return call.place.net.fetch(url, "Wget" if call.name == "wget" else "curl/8.14.1")


def _options(call: Call) -> tuple[dict[str, str], list[str]]:
    """Options with their values, and the other words; short ones may stand together, the last with a value."""
    flags: dict[str, str] = {}
    words: list[str] = []
    rest = iter(call.args)
    for arg in rest:
        name, equals, value = arg.partition("=")
        if arg.startswith("--"):
            flags[name] = value if equals else next(rest, "") if name in VALUES else ""
        elif arg.startswith("-") and len(arg) > 1:
            for place, letter in enumerate(arg[1:], 2):
                takes = letter in WITH_VALUE.get(call.name, "")
                flags[letter] = (arg[place:] or next(rest, "")) if takes else ""
                if takes:
                    break
        else:
            words.append(arg)
    return flags, words


PHRASES = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip
NET_PROGRAMS: dict[str, Program] = {"curl": _curl, "nc": _nc, "nslookup": _nslookup, "ping": _ping, "wget": _wget}
