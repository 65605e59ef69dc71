"""How each role looks, for both painters: colours by name, lines, letters."""

from __future__ import annotations

from typing import NamedTuple

from k8slab.view.glyphs import PAINTS
from k8slab.view.lettering import SMALL
from k8slab.view.states import STATES

__all__ = [
    "DARK",
    "HALO",
    "LIGHT",
    "STYLES",
    "Style",
]

# Okabe and Ito's colours; on dark ground the same hues, lighter. `ink` is what is drawn on top of a colour.
LIGHT = {
    "text": "#1f2328",
    "ink": "#ffffff",
    "paper": "#ffffff",
    "green": "#009e73",
    "blue": "#0072b2",
    "orange": "#e69f00",
    "vermillion": "#d55e00",
    "purple": "#b85c8e",
}
DARK = {
    "text": "#e6e6e6",
    "ink": "#111111",
    "paper": "#111111",
    "green": "#2cc295",
    "blue": "#56b4e9",
    "orange": "#f2b134",
    "vermillion": "#ff8a4c",
    "purple": "#e79cc4",
}


HALO = 4.0  # how wide the rim of paper around a letter is, both sides together


class Style(NamedTuple):
    """A look: colours are names in LIGHT and DARK, `fill` may be hatch; `size` is that of letters."""

    fill: str = ""
    fill_opacity: float = 1.0
    stroke: str = ""
    width: float = 1.0
    stroke_opacity: float = 1.0
    dash: tuple[float, ...] = ()
    size: float = 0.0
    bold: bool = False


ARROWS = {
    "call": Style("", 0, "blue", 2.8),
    "answer": Style("", 0, "blue", 2.2, 1, (7, 4)),
    "watch": Style("", 0, "purple", 2.4, 1, (2, 4)),
    "packet": Style("", 0, "green", 3.4),
    "failed": Style("", 0, "vermillion", 2.4, 1, (7, 4)),
    "past": Style("", 0, "text", 1.4, 0.45),
}
STYLES: dict[str, Style] = {
    "zone": Style("text", 0.03, "text", 1, 0.22, (1, 3)),
    "control": Style("text", 0.03, "text", 1, 0.22, (1, 3)),
    "wanted": Style(),
    "ground": Style("paper", 0.85),
    "tray": Style("", 0, "text", 1, 0.5, (5, 4)),
    "proxy": Style("blue", 0.07, "blue", 1.2, 0.7),
    "node": Style("paper", 0.6, "text", 1.2, 0.45),
    "node.off": Style("hatch", 1, "vermillion", 1.6, 0.9, (6, 4)),
    "node.cordoned": Style("paper", 0.6, "orange", 1.6, 0.9, (6, 4)),
    "bar": Style("text", 0.14),
    "bar.used": Style("text", 0.62),
    "bar.full": Style("vermillion", 0.9),
    "bar.use": Style("blue", 1),
    "chip.claim": Style("paper", 0.6, "text", 1.1, 0.75),
    "mounts": Style("", 0, "text", 1.6, 0.6),
    **{f"flow.{step}": Style("", 0, "blue", 1.5 + 1.3 * step, 0.85) for step in range(5)},
    "chip": Style("paper", 0.6, "text", 1.1, 0.5),
    "chip.service": Style("paper", 0.8, "blue", 1.2, 0.8),
    "ghost": Style("", 0, "text", 1, 0.4, (3, 3)),
    "strike": Style("", 0, "vermillion", 1.3, 0.8),
    "ring.new": Style("", 0, "blue", 2.4, 1),
    "ring.changed": Style("", 0, "orange", 1.9, 1),
    "owns": Style("", 0, "text", 1.1, 0.42, (1.5, 3)),
    "serves": Style("", 0, "blue", 1.5, 0.85),
    "routes": Style("", 0, "blue", 1.5, 0.85),
    "touch": Style("", 0, "paper", 9, 0),  # not seen: a thin line is hard to point at
    "unserved": Style("", 0, "text", 1.2, 0.5, (5, 4)),
    "dot.serves": Style("blue"),
    "arrow.ground": Style("", 0, "paper", 6, 0.8),
    "label.rim": Style("paper", 0.8),
    **{f"arrow.{name}": look for name, look in ARROWS.items()},
    **{f"head.{name}": Style(look.stroke) for name, look in ARROWS.items()},
    **{f"label.{name}": Style("paper", 0.95, look.stroke, 1.4, 1) for name, look in ARROWS.items()},
    "arrow.cross": Style("", 0, "vermillion", 3),
    "arrow.text": Style("text", 1, size=SMALL, bold=True),
    "lane": Style("", 0, "text", 1, 0.16),
    "lane.ground": Style("text", 0.045),
    "tick": Style("", 0, "text", 1, 0.22, (1, 3)),
    "scrub": Style("", 0, "vermillion", 2, 0.95),
    "scrub.knob": Style("vermillion"),
    "name": Style("text", 1, size=SMALL),
    "bold": Style("text", 1, size=SMALL, bold=True),
    "title": Style("text", 1, size=14.5, bold=True),
    "muted": Style("text", 0.72, size=SMALL),
    "small": Style("text", 0.85, size=SMALL),
    "faint": Style("text", 0.5, size=SMALL),
    "alarm": Style("vermillion", 1, size=SMALL, bold=True),
    "wrote": Style("blue", 1, size=SMALL, bold=True),
    **{f"tile.{state}": Style(PAINTS[state], 0.1, PAINTS[state], 1, 0.55) for state in STATES},
    "tile.terminating": Style("purple", 0.06, "purple", 1.4, 0.9, (4, 3)),
    **{f"part.{state}": Style(PAINTS[state], 0.85) for state in STATES},
    "part.running": Style("green", 0.2, "green", 1.2, 0.9),  # well and not quite well differ without colours, too
}
