"""What a verb that goes on after an error says: its lines first, the errors at the end.

Source    staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go (checkErr, StandardErrorMessage, AddSourceToErr)
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.output import printed
from k8slab.wire import ApiError

__all__ = [
    "Report",
    "dry",
    "error_text",
    "said",
]

Obj = dict[str, Any]

DRY = {"client": " (dry run)", "unchanged": " (dry run)", "server": " (server dry run)"}


class Report:
    """Lines and errors; inside `with report:` an error is noted, and the work goes on behind it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._errors: list[str] = []

    def say(self, text: str) -> None:
        """Print a text that ends with a line break, or nothing."""
        self._lines.append(text)

    def fail(self, text: str) -> None:
        """Note an error."""
        self._errors.append(text + "\n")

    def __enter__(self) -> None:
        """Begin something that may fail."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if isinstance(error, ApiError):
            self.fail(error_text(error))
        elif isinstance(error, UsageError):
            self.fail(str(error))
        return isinstance(error, (ApiError, UsageError))

    def __str__(self) -> str:
        return "".join(self._lines + list(dict.fromkeys(self._errors)))


def error_text(error: ApiError, doing: str = "") -> str:
    """What kubectl prints for an error of the server; `doing` tells with which manifest it met it."""
    message = error.message
    if message.startswith("error:") or message.startswith("Unable to connect"):
        return message
    if error.reason == "Invalid":
        return _invalid(error)
    if not error.reason and message.startswith('Get "https://'):
        return f"Error from server: {message}"
    if error.reason == "NotFound" and message.startswith(("no matches", "the server doesn't have")):
        return f"error: {doing}{message}"
    return f"Error from server ({error.reason}): {doing}{message}" if error.reason else f"error: {doing}{message}"


def _invalid(error: ApiError) -> str:
    details = error.details
    if not details.get("causes"):
        return f"The request is invalid: {error.message}"
    kind, name = details.get("kind", ""), details.get("name", "")
    start = f'The {kind} "{name}" is invalid' if kind or name else "The request is invalid"
    causes = (f"{cause['field']}: {cause['message']}" if cause.get("field") else cause["message"]
              for cause in details["causes"])  # fmt: skip
    texts = list(dict.fromkeys(causes))
    return f"{start}: {texts[0]}" if len(texts) == 1 else f"{start}: " + "".join(f"\n* {text}" for text in texts)


def said(command: Command, obj: Obj, word: str) -> str:
    """`deployment.apps/web created`, or the object itself with -o."""
    if output := command.flag("output"):
        return printed(output, [obj], single=True, managed_fields=command.has("show-managed-fields"))
    group = obj["apiVersion"].rpartition("/")[0] if "/" in obj["apiVersion"] else ""
    kind = obj["kind"].lower() + (f".{group}" if group else "")
    return f"{kind}/{obj['metadata']['name']} {word}{dry(command)}\n"


def dry(command: Command) -> str:
    """What is said behind a line when nothing was written."""
    return DRY.get(command.flag("dry-run"), "")
