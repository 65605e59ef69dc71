"""How a Pod got its Node, or why it has none: every attempt on record, the latest open.

On a cluster that does not serve SchedulingAttempts, the Pod's Node and its Events are told instead, and that it is so.

Left out  what plugins do after a Node is chosen (Reserve, Permit, PreBind); Nodes that were not looked at
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from k8slab.client import Reader
from k8slab.objects import rfc3339
from k8slab.view.scheduling.attempts import Attempt, read_attempts
from k8slab.view.scheduling.fallback import without_attempts
from k8slab.view.scheduling.heat_map import attempt_html
from k8slab.view.scheduling.matrix import matrix_of
from k8slab.view.scheduling.telling import attempt_text, sentence
from k8slab.view.scheduling.words import words as words_of
from k8slab.view.svg import escape
from k8slab.view.tables import details, heading, note
from k8slab.view.words import Words
from k8slab.wire import ApiError, NotFound, ServiceUnavailable

__all__ = [
    "Scheduling",
    "scheduling",
]

MOST_OTHERS = 8


class Scheduling:
    """The attempts for one Pod, `at` the one that is shown (1 is the first); `lines` when there are none."""

    def __init__(self, pod: str, attempts: tuple[Attempt, ...], at: int, lines: tuple[str, ...], words: Words) -> None:
        self.pod = pod
        self.attempts = attempts
        self.at = at
        self.lines = lines
        self._words = words

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is shown."""
        return self.attempts[self.at - 1] if self.attempts else None

    @cached_property
    def text(self) -> str:
        """The attempt that is shown, a line per Node; then the others, a line each."""
        if not self.attempts:
            return "\n".join(self.lines)
        lines = [*self.lines, attempt_text(self.attempts[self.at - 1], self.at, len(self.attempts), self._words)]
        for name, others in (("earlier", self._earlier), ("later", self._later)):
            if others:
                lines.append(self._words(name, n=len(others)))
                lines += [f"  {number}. {self._ended(number)}" for number in others[-MOST_OTHERS:]]
        return "\n".join(lines)

    @cached_property
    def html(self) -> str:
        """The same as a heat map; the other attempts open by a click."""
        if not self.attempts:
            return f'<div style="max-width:1000px">{heading(self.lines[0])}{"".join(map(note, self.lines[1:]))}</div>'
        parts = [note(line) for line in self.lines]
        parts.append(attempt_html(self.attempts[self.at - 1], self.at, len(self.attempts), self._words))
        for name, others in (("earlier", self._earlier), ("later", self._later)):
            if others:
                parts.append(f'<p style="margin:.5em 0 .1em">{escape(self._words(name, n=len(others)))}</p>')
                parts += [self._folded(number) for number in others[-MOST_OTHERS:]]
        return f'<div style="max-width:1000px;overflow-x:auto">{"".join(parts)}</div>'

    @property
    def _earlier(self) -> range:
        return range(1, self.at)

    @property
    def _later(self) -> range:
        return range(self.at + 1, len(self.attempts) + 1)

    def _ended(self, number: int) -> str:
        attempt = self.attempts[number - 1]
        return f"{rfc3339(attempt.when)[11:19]} {sentence(attempt, matrix_of(attempt), self._words)}"

    def _folded(self, number: int) -> str:
        body = attempt_html(self.attempts[number - 1], number, len(self.attempts), self._words, is_headed=False)
        return details(f"{number}. {self._ended(number)}", body)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def scheduling(
    reader: Reader, pod: str, namespace: str = "default", lang: str = "en", *, attempt: int = 0
) -> Scheduling:
    """What schedulers thought of a Pod (`web-abc`, `pod/web-abc`, `shop/web-abc`, or how its name begins).

    `attempt` is which one to show: 1 is the first, 0 or none the latest, -2 the one before. Raises ValueError when
    there is no such attempt.
    """
    words = words_of(lang)
    before, _, name = pod.rpartition("/")
    namespace = namespace if before in ("", "pod", "pods", "po", "Pod") else before
    try:
        attempts = read_attempts(reader, namespace, name)
    except ServiceUnavailable as error:
        return Scheduling(name, (), 0, (words("no answer", why=str(error)),), words)
    except NotFound:
        return _poorly(reader, namespace, name, words("not served"), words)
    except ApiError as error:
        return _poorly(reader, namespace, name, words("refused", why=str(error)), words)
    if not attempts:
        return _poorly(reader, namespace, name, words("forgotten", pod=name), words)
    at = attempt if attempt > 0 else len(attempts) + (attempt + 1 if attempt else 0)
    if not 0 < at <= len(attempts):
        raise ValueError(f"there is no attempt {attempt} for pod {attempts[0].pod}; there are {len(attempts)}")
    taken = () if attempts[0].pod == name else (words("taken", asked=name),)
    return Scheduling(attempts[0].pod, attempts, at, taken, words)


def _poorly(reader: Reader, namespace: str, name: str, why: str, words: Words) -> Scheduling:
    first, *others = without_attempts(reader, namespace, name, words)
    return Scheduling(name, (), 0, (first, why, *others), words)
