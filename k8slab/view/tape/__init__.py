"""The watch tape: one list and watch, line by line as it arrives, with the requests behind it."""

from k8slab.view.tape.following import Tape
from k8slab.view.tape.lines import Line

__all__ = [
    "Line",
    "Tape",
]
