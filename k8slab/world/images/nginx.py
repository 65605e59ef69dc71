"""nginx: serves the files of /usr/share/nginx/html, writes an access log, ends quickly and cleanly.

Source    docker.io/library/nginx (its entrypoint's and its own lines), nginx' "combined" log format
Left out  what is written in nginx.conf; ranges, caching, compression
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from k8slab.world.files import as_bytes
from k8slab.world.images.bases import DEBIAN, TRIXIE
from k8slab.world.images.behaviour import Behaviour, ExecResult, HttpRequest, Reply

__all__ = [
    "Nginx",
]

ROOT = "/usr/share/nginx/html"
PAGE = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is answered by a web server that does nothing else yet.</p>
</body>
</html>
"""
CONF = """server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }
}
"""
ERROR = (
    "<html>\n<head><title>{0}</title></head>\n<body>\n<center><h1>{0}</h1></center>\n"
    "<hr><center>nginx</center>\n</body>\n</html>\n"
)
ENTRYPOINT = """/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration
/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/
/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh
10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf
10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf
/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh
/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh
/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh
/docker-entrypoint.sh: Configuration complete; ready for start up"""
NOTICES = ('using the "epoll" event method', "nginx/{}", "start worker processes", "start worker process 29")


class Nginx(Behaviour):
    """nginx."""

    ports = (80,)
    memory_bytes = 10 * 1024 * 1024
    size_bytes = 72_099_501
    base = TRIXIE
    own = frozenset(("nginx",))
    lacks = DEBIAN - {"curl"}
    tags = r"(latest|stable|mainline|alpine|perl|\d+|1\.(\d|[12]\d|3[01])(\.\d+)?)(-[a-z0-9.-]+)?"
    files = {f"{ROOT}/index.html": PAGE, "/etc/nginx/conf.d/default.conf": CONF}

    def first_lines(self) -> Sequence[str]:
        """What the entrypoint and the server say when they start."""
        when = datetime.fromtimestamp(self.container.started_at, UTC).strftime("%Y/%m/%d %H:%M:%S")
        tag = self.container.image.reference.rpartition(":")[2].partition("-")[0]
        version = tag if tag[:1].isdigit() else "1.31.0"
        version += ".0" * (2 - version.count("."))
        return [*ENTRYPOINT.split("\n"), *(f"{when} [notice] 1#1: {text.format(version)}" for text in NOTICES)]

    def on_request(self, request: HttpRequest) -> Reply | str:
        """The file of that name, index.html for a directory; 404 and 403 as nginx words them."""
        path = ROOT + request.path.partition("?")[0]
        files = self.container.files
        text = files.get(path + "index.html" if path.endswith("/") else path)
        status = 200 if text is not None else 403 if path.endswith("/") and files.is_directory(path) else 404
        names = {403: "403 Forbidden", 404: "404 Not Found"}
        body = text if text is not None else ERROR.format(names[status])
        now = self.now
        self.container.log_line(lambda: self._access(now, request, status, len(as_bytes(body))))
        return Reply(status, body, headers={"Server": "nginx"})

    def on_exec(self, command: Sequence[str]) -> ExecResult:
        """`nginx -s quit`, as a preStop hook asks; everything else is for the shell."""
        if not command or command[0].rpartition("/")[2] != "nginx":
            return super().on_exec(command)
        if tuple(command[1:]) in (("-s", "quit"), ("-s", "stop")):
            self.exit(0)
        return ExecResult(0)

    def _access(self, at: float, request: HttpRequest, status: int, size_bytes: int) -> str:
        when = datetime.fromtimestamp(at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        client = request.client or self.container.sandbox.ip.rpartition(".")[0] + ".1"  # the node's bridge
        agent = request.headers.get("User-Agent", "-")
        return (
            f'{client} - - [{when}] "{request.method} {request.path} HTTP/1.1" {status} {size_bytes} "-" "{agent}" "-"'
        )
