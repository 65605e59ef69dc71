"""Why an object exists, why it is not as it should be, or why it is gone: a sentence, the chain, the state of now."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from k8slab.client import Reader
from k8slab.objects import rfc3339
from k8slab.view.why.births import named
from k8slab.view.why.chain import Chain, chain_of
from k8slab.view.why.history import History, Thing
from k8slab.view.why.page import chain_html, chain_text
from k8slab.view.why.state import findings
from k8slab.view.why.targets import Target, target_of
from k8slab.view.why.words import words as words_of
from k8slab.view.words import Words
from k8slab.wire import ApiError, ServiceUnavailable

__all__ = [
    "Why",
    "why",
]

EMPTY = Chain((), 0, 0, 0, ())


class Why:
    """What is known of one object. `sentence` answers in one line, `chain` has the steps, `findings` the state."""

    def __init__(
        self, thing: Thing | None, sentence: str, chain: Chain, findings: list[str], notes: list[str], words: Words
    ) -> None:
        self.thing = thing
        self.sentence = sentence
        self.chain = chain
        self.findings = findings
        self.notes = notes
        self._words = words

    @cached_property
    def text(self) -> str:
        """The sentence, the state of now, the steps one below the other, and where all that comes from."""
        return chain_text(self.sentence, self.findings, self.chain, self.notes, self._words)

    @cached_property
    def html(self) -> str:
        """The same as a chain of numbered steps."""
        return chain_html(self.sentence, self.findings, self.chain, self.notes, self._words)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def why(reader: Reader, what: str, namespace: str = "default", lang: str = "en") -> Why:
    """Why `what` is there, is as it is, or is gone; see targets.py for how an object may be named."""
    words = words_of(lang)
    try:
        history = History(reader)
        target = target_of(what, namespace, history)
        return _answer(target, history, words)
    except ServiceUnavailable as error:
        return Why(None, words("no answer", why=str(error)), EMPTY, [], [], words)
    except ApiError as error:
        return Why(None, str(error), EMPTY, [], [], words)


def _answer(target: Target, history: History, words: Words) -> Why:
    thing = target.thing
    obj = history.now(thing)
    notes = [words("taken", asked=target.asked, kind=thing.kind)] if target.asked else []
    calls = history.calls_to(thing)
    if obj is None and not calls:
        hint = words("alike", names=", ".join(target.alike)) if target.alike else ""
        return Why(
            thing, words("never", what=named(thing), hint=hint), EMPTY, [], [*notes, _source(history, words)], words
        )
    chain = chain_of(thing, obj, history, words)
    notes += [words(name, n=n) for name, n in (("uneventful", chain.quiet), ("faded", chain.faded)) if n]
    notes.append(_source(history, words))
    way = " ← ".join(chain.reason)
    if obj is None:
        return Why(thing, words("gone", what=named(thing), chain=way), chain, [], notes, words)
    found = findings(thing, obj, history, words) or [words("fine")]
    return Why(thing, words(chain.turn or "exists.plain", what=named(thing), chain=way), chain, found, notes, words)


def _source(history: History, words: Words) -> str:
    if not history.has_record:
        return words("source.none")
    calls = history.calls
    since = rfc3339(calls[0].when)[:19].replace("T", " ") if calls else "—"
    text = words("source.record", n=f"{len(calls):,}", since=since)
    return f"{text} {words('source.cut', since=since)}" if calls and calls[0].number > 1 else text
