"""The small programs that the shell knows, worded like busybox' own.

A program is a function of its call; it returns its exit code, or a generator of pauses that does.

Source    busybox 1.37, coreutils
Left out  most options; what a person types at standard input; `ps` shows no real processes
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from k8slab.world.images.calls import FOREVER_S, Call, Pause, Program, Steps
from k8slab.world.images.filetools import FILE_PROGRAMS, number
from k8slab.world.images.netutils import NET_PROGRAMS
from k8slab.world.images.zipping import zip_or_unzip

__all__ = [
    "PROGRAMS",
]

SEQ_LIMIT = 1_000_000


def _tar(call: Call) -> int:
    from k8slab.world.images.tar import tar  # which brings a library of some size

    return tar(call)


def _echo(call: Call) -> int:
    words = list(call.args)
    options = ""
    while words and re.fullmatch(r"-[neE]+", words[0]):
        options += words.pop(0)
    text = " ".join(words)
    if "e" in options:
        text = _unescaped(text)
    call.out(text if "n" in options else text + "\n")
    return 0


def _printf(call: Call) -> int:
    if not call.args:
        return call.fail("usage: printf FORMAT [ARG]...")
    form, values = _unescaped(call.args[0]), iter(call.args[1:])

    def value(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        text = next(values, "")
        return match[0].replace("i", "d") % (text if match[0].endswith("s") else int(text or 0))

    call.out(re.sub(r"%%|%-?0?\d{0,3}[sdi]", value, form))
    return 0


def _test(call: Call) -> int:
    args = list(call.args)
    if call.name in ("[", "[["):
        if args[-1:] != ["]" * len(call.name)]:
            return call.fail("missing ]", 2)
        args.pop()
    is_negated = args[:1] == ["!"]
    return int(_holds(call, args[is_negated:]) == is_negated)


def _holds(call: Call, args: list[str]) -> bool:
    if len(args) == 3:
        left, operator, right = args
        if operator in ("=", "==", "!="):
            return (left == right) == (operator != "!=")
        order = {"-eq": (0,), "-ne": (-1, 1), "-lt": (-1,), "-gt": (1,), "-le": (-1, 0), "-ge": (0, 1)}
        a, b = number(left), number(right)
        return (a > b) - (a < b) in order.get(operator, ())
    if len(args) == 2:
        flag, word = args
        path = call.path(word)
        match flag:
            case "-z" | "-n":
                return (word == "") == (flag == "-z")
            case "-d":
                return path not in call.files and call.files.is_directory(path)
            case "-s":
                return bool(call.files.get(path))
            case "-f":
                return path in call.files
        return path in call.files or call.files.is_directory(path)
    return bool(args and args[0])


def _env(call: Call) -> int:
    call.out("".join(f"{name}={value}\n" for name, value in call.env.items()))
    return 0


def _printenv(call: Call) -> int:
    if not call.args:
        return _env(call)
    values = [call.env[name] for name in call.args if name in call.env]
    call.out("".join(f"{value}\n" for value in values))
    return 0 if len(values) == len(call.args) else 1


def _date(call: Call) -> int:
    now = datetime.fromtimestamp(call.place.now(), UTC)
    form = next((arg[1:] for arg in call.args if arg.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    call.out(now.strftime(form.replace("%s", str(int(call.place.now()))).replace("%Z", "UTC")) + "\n")
    return 0


def _uptime(call: Call) -> int:
    minutes = int(call.place.machine_up_s) // 60
    clock = datetime.fromtimestamp(call.place.now(), UTC).strftime("%H:%M:%S")
    days, hours = divmod(minutes // 60, 24)
    up = f"{days} day{'s' * (days != 1)}, " if days else ""
    up += f"{hours}:{minutes % 60:02}" if hours else f"{minutes} min"
    call.out(f" {clock} up {up},  0 users,  load average: 0.00, 0.00, 0.00\n")
    return 0


def _hostname(call: Call) -> int:
    net = call.place.net
    call.out((net.address if "i" in call.flags and net is not None else _host(call)) + "\n")
    return 0


def _host(call: Call) -> str:
    return call.files.get("/etc/hostname", "").strip()


def _seq(call: Call) -> int:
    numbers = [int(arg) for arg in call.args if arg.lstrip("-").isdecimal()]
    first, last = (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[-1])
    step = numbers[1] if len(numbers) == 3 else 1
    if abs(last - first) > SEQ_LIMIT:
        raise MemoryError(f"seq: more than {SEQ_LIMIT} numbers")
    call.out("".join(f"{number}\n" for number in range(first, last + (1 if step > 0 else -1), step or 1)))
    return 0


def _sleep(call: Call) -> int | Steps:
    if not call.args:
        return call.fail("missing operand")
    total = 0.0
    for arg in call.args:
        match = re.fullmatch(r"(\d*\.?\d+)([smhd]?)", arg)
        if match is None and arg not in ("infinity", "inf"):
            return call.fail(f"invalid number '{arg}'")
        units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
        total += float(match[1]) * units[match[2]] if match is not None else FOREVER_S
    return _pause(total)


def _basename(call: Call) -> int:
    call.out(call.names[0].rstrip("/").rpartition("/")[2] + "\n")
    return 0


def _pwd(call: Call) -> int:
    call.out(call.cwd + "\n")
    return 0


def _uname(call: Call) -> int:
    call.out("Linux\n" if not call.flags else f"Linux {_host(call)} 6.12.48+deb13-amd64 #1 SMP x86_64 GNU/Linux\n")
    return 0


def _which(call: Call) -> int:
    found = [name for name in call.names if name in PROGRAMS and name not in call.place.missing]
    call.out("".join(f"/bin/{name}\n" for name in found))
    return 0 if len(found) == len(call.names) else 1


def _ps(call: Call) -> int:
    call.out("PID   USER     TIME  COMMAND\n    1 root      0:00 sh\n    7 root      0:00 ps\n")
    return 0


def _pause(seconds: float) -> Steps:
    yield Pause(seconds)
    return 0


def _said(text: str) -> Program:
    def program(call: Call) -> int:
        if text:
            call.out(text)
        return 0

    return program


def _unescaped(text: str) -> str:
    return re.sub(r"\\([nt\\])", lambda match: {"n": "\n", "t": "\t", "\\": "\\"}[match[1]], text)


PROGRAMS: dict[str, Program] = {
    "[": _test, "[[": _test, "basename": _basename, "chmod": _said(""), "chown": _said(""), "date": _date,
    "echo": _echo, "env": _env, "false": lambda call: 1, "hostname": _hostname,
    "id": _said("uid=0(root) gid=0(root)\n"),
    "printenv": _printenv, "printf": _printf, "ps": _ps, "pwd": _pwd, "seq": _seq, "sleep": _sleep, "sync": _said(""),
    "tar": _tar, "gzip": zip_or_unzip, "gunzip": zip_or_unzip, "zcat": zip_or_unzip,
    "test": _test, "true": _said(""), "uname": _uname, "uptime": _uptime, "which": _which, "whoami": _said("root\n"),
    **FILE_PROGRAMS, **NET_PROGRAMS,
}  # fmt: skip
