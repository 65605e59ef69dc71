"""What a verb that goes on after an error says: its lines first, the errors at the end.

Source    staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go (checkErr, StandardErrorMessage, AddSourceToErr)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from k8slab.kubectl.command import Command, Obj, UsageError
from k8slab.kubectl.printers import printed
from k8slab.wire import ApiError

__all__ = ["Report", "dry", "each", "error_text", "said"]

T = TypeVar("T")

DRY = {"client": " (dry run)", "server": " (server dry run)"}


class Report:
    """Lines and errors; inside `with report:` an error is noted, and the work goes on behind it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._errors: list[str] = []

    def say(self, text: str) -> None:
        """Print a text that ends with a line break, or nothing."""
        self._lines.append(text)

    def __enter__(self) -> None:
        """Begin something that may fail."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if isinstance(error, (ApiError, UsageError)):
            self._errors.append((error_text(error) if isinstance(error, ApiError) else str(error)) + "\n")
            return True
        return False

    def __str__(self) -> str:
        return "".join(self._lines + list(dict.fromkeys(self._errors)))


def each(items: Iterable[T], act: Callable[[T], str], report: Report | None = None) -> str:
    """What `act` says of each item; an error is noted, and the next item follows."""
    report = report or Report()
    for item in items:
        with report:
            report.say(act(item))
    return str(report)


def error_text(error: ApiError, doing: str = "") -> str:
    """What kubectl prints for an error of the server; `doing` tells with which manifest it met it."""
    message = error.message
    if message.startswith(("error:", "Unable to connect", "The connection to the server")):
        return message
    if error.reason == "Invalid":
        return _invalid(error)
    if not error.reason and message.startswith('Get "https://'):
        return f"Error from server: {message}"
    if not error.reason or message.startswith(("no matches", "the server doesn't have")):
        return f"error: {doing}{message}"
    return f"Error from server ({error.reason}): {doing}{message}"


def _invalid(error: ApiError) -> str:
    details = error.details
    if not details.get("causes"):
        return f"The request is invalid: {error.message}"
    kind, name = details.get("kind", ""), details.get("name", "")
    start = f'The {kind} "{name}" is invalid: ' if kind or name else "The request is invalid: "
    causes = (": ".join(filter(None, (cause.get("field"), cause["message"]))) for cause in details["causes"])
    texts = list(dict.fromkeys(causes))
    return start + (texts[0] if len(texts) == 1 else "".join(f"\n* {text}" for text in texts))


def said(command: Command, obj: Obj, word: str) -> str:
    """`deployment.apps/web created`, or the object itself with -o."""
    if output := command.flag("output"):
        return printed(output, [obj], single=True, managed_fields=command.has("show-managed-fields"))
    return printed("name", [obj], single=True).removesuffix("\n") + f" {word}{dry(command)}\n"


def dry(command: Command) -> str:
    """What is said behind a line when nothing was written."""
    return DRY.get(command.flag("dry-run"), "")
