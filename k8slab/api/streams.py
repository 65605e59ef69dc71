"""The subresources that the API server does not answer itself: log, exec, attach and portforward of pods.

It checks what is asked for, finds the pod's node, and passes the call on to the kubelet there by `dial`. The options
travel as an object (PodLogOptions, PodExecOptions), so that an HTTP server has only to fill it from the URL; what comes
back of an exec has one field for each channel of a stream: stdout, stderr, and the Status that ends it.

Source    pkg/registry/core/pod/strategy.go (LogLocation, ExecLocation, validateContainer), rest/{log,subresources}.go;
          pkg/apis/core/validation/validation.go (ValidatePodLogOptions); pkg/apis/core/v1/conversion.go
Left out  attach without a session, and all streams over SPDY
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8slab.api.read_options import whole_number
from k8slab.wire import (
    ApiError,
    BadRequest,
    FieldError,
    InternalError,
    MethodNotAllowed,
    NotFound,
    Request,
    Response,
    invalid,
)

__all__ = [
    "STREAMS",
    "Dial",
    "address_of",
    "connect",
]

Obj = dict[str, Any]
Dial = Callable[[str, Request], Response]

STREAMS = {"log": ("get",), "exec": ("get", "create"), "attach": ("get", "create"), "portforward": ("get", "create")}
SWITCHES = ("follow", "previous", "timestamps", "stdin", "stdout", "stderr", "tty")
NUMBERS = ("sinceSeconds", "tailLines", "limitBytes")
SPDY = "SPDY is left out here: this server streams over websockets only, as kubectl does by default from 1.31 on"
LEAST = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}


def connect(request: Request, pod: Obj, node: Callable[[str], Obj], dial: Dial | None) -> Response:
    """Answer one call; `node` finds a Node by its name, `dial` reaches the kubelet at an address.

    Raises BadRequest, Invalid, NotFound; an ApiError without a reason when nobody answers at the node.
    """
    what = request.subresource
    if request.verb not in STREAMS[what]:
        raise MethodNotAllowed("the server does not allow this method on the requested resource")
    options = _log_options(request) if what == "log" else _exec_options(request)
    if what == "attach" and not {"session", "upgrade"} & options.keys():
        raise BadRequest(f"pods/{what} needs a connection that stays open, which this server does not have")
    if what != "portforward":
        options["container"] = _container(pod, options.get("container") or "")
    name = pod["spec"].get("nodeName")
    if not name:
        if what == "log":
            return Response(200, {}, text="")
        raise BadRequest(f"pod {request.name} does not have a host assigned")
    if "upgrade" in options:
        raise BadRequest(SPDY if options["upgrade"] else "Upgrade request required")
    host = address_of(node(name))
    if dial is None:
        raise InternalError(f"Internal error occurred: there is no way from this server to node {name}")
    try:
        return _passed_on(dial(host, request._replace(body=options)), request)
    except ConnectionError as error:
        if what in ("exec", "attach"):
            return _failed(f"error dialing backend: {error}")
        if what == "portforward":
            raise InternalError(f"error dialing backend: {error}") from None
        raise ApiError(f"{_log_url(request, host, options)}{error}") from None


def _passed_on(answer: Response, request: Request) -> Response:
    """What the kubelet said, as the API server words it. Raises BadRequest, NotFound, InternalError.

    Once an exec is on its way its problems come as the end of the stream, and not as an HTTP error.
    """
    if request.subresource == "portforward":
        if answer.code != 200:
            raise InternalError(answer.text or "")
        return answer
    if answer.code == 200:
        return (
            answer
            if answer.session is not None or request.subresource == "log"
            else answer._replace(body=_wrapped(answer.body))
        )
    text = answer.text or ""
    if request.subresource != "log":
        return _failed(f"unable to upgrade connection: {text}")
    if answer.code == 404:
        raise NotFound(f"the server could not find the requested resource ( pods/log {request.name})")
    raise BadRequest(text) if answer.code == 400 else InternalError(f"Internal error occurred: {text}")


def _failed(problem: str) -> Response:
    message = f"Internal error occurred: {problem}"
    status = {"metadata": {}, "status": "Failure", "message": message, "reason": "InternalError", "code": 500}
    return Response(200, {"stdout": "", "stderr": "", "status": status})


def _wrapped(body: Obj) -> Obj:
    """What an exec ended with; a problem of the kubelet's is wrapped once more."""
    status = body["status"]
    if status.get("reason") != "InternalError":
        return body
    return {**body, "status": {**status, "message": f"Internal error occurred: {status['message']}"}}


def _log_url(request: Request, host: str, options: Obj) -> str:
    given = {name: value for name, value in sorted(options.items()) if name != "container"}
    query = "&".join(f"{name}={str(value).lower()}" for name, value in given.items())
    path = f"containerLogs/{request.namespace}/{request.name}/{options['container']}"
    return f'Get "https://{host}/{path}{"?" if query else ""}{query}": '


def address_of(node: Obj) -> str:
    """Where the kubelet of a Node listens. Raises InternalError."""
    status = node.get("status") or {}
    addresses = {address["type"]: address["address"] for address in status.get("addresses") or ()}
    host = next((addresses[kind] for kind in ("InternalIP", "ExternalIP", "Hostname") if kind in addresses), "")
    if not host:
        raise InternalError(f"Internal error occurred: no preferred addresses found; known addresses: {addresses}")
    port = (status.get("daemonEndpoints") or {}).get("kubeletEndpoint", {}).get("Port") or 10250
    return f"{host}:{port}"


def _container(pod: Obj, name: str) -> str:
    """The container that is meant. Raises BadRequest."""
    spec, pod_name = pod["spec"], pod["metadata"]["name"]
    main = [container["name"] for container in spec["containers"]]
    init = [container["name"] for container in spec.get("initContainers") or ()]
    others = [container["name"] for container in spec.get("ephemeralContainers") or ()]
    if name:
        if name not in (*main, *init, *others):
            raise BadRequest(f"container {name} is not valid for pod {pod_name}")
        return name
    if len(main) == 1:
        return str(main[0])
    names = " ".join([*init, *main, *others])
    raise BadRequest(f"a container name must be specified for pod {pod_name}, choose one of: [{names}]")


def _log_options(request: Request) -> Obj:
    """The PodLogOptions in the query, checked. Raises BadRequest, Invalid."""
    options = _typed(request.params)
    errors = []
    for name in NUMBERS:
        if name in options and options[name] < LEAST[name]:
            bound = "greater than or equal to 0" if not LEAST[name] else "greater than 0"
            errors.append(FieldError("FieldValueInvalid", name, f"must be {bound}", options[name]))
    if "sinceSeconds" in options and "sinceTime" in options:
        text = "at most one of `sinceTime` or `sinceSeconds` may be specified"
        errors.append(FieldError("FieldValueForbidden", "", text))
    if errors:
        raise invalid("PodLogOptions", "", request.name, errors)
    return options


def _exec_options(request: Request) -> Obj:
    """The PodExecOptions in the query, and in the body what a query here cannot hold. Raises BadRequest."""
    options = {**_typed(request.params), **(request.body or {})}
    if request.subresource == "portforward":
        return options
    if {"session", "upgrade"} & options.keys() and not {"stdin", "stdout", "stderr"} & options.keys():
        raise BadRequest("you must specify at least 1 of stdin, stdout, stderr")
    if request.subresource != "exec":
        return options
    command = options.get("command")
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise BadRequest("you must specify at least 1 command for the container")
    return options


def _typed(params: Mapping[str, str]) -> Obj:
    options: Obj = {}
    for name, text in params.items():
        if name in NUMBERS:
            options[name] = whole_number(text)
        elif name in SWITCHES:
            options |= {name: True} if text in ("true", "1", "") else {}
        elif text:
            options[name] = text
    return options
