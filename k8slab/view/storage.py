"""Claims and volumes as a picture shows them: what is asked for, what it got, and which Pods mount it.

Source    kubernetes.io, "Persistent Volumes": the phases of claims and volumes, and what binds them
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.objects import Key
from k8slab.view.figures import title_line
from k8slab.view.words import Words

__all__ = [
    "volume_title",
    "claim_title",
    "ClaimCard",
    "claim_cards",
    "mounted_claims",
]

Obj = dict[str, Any]


class ClaimCard(NamedTuple):
    """A claim and its volume: `key` is None for a volume that nobody claims, `volume` "" for a claim that has none yet.

    `pods` are those that mount it. `obj` is the claim, or the volume where there is no claim.
    """

    key: Key | None
    volume: str
    phase: str
    volume_phase: str
    size: str
    storage_class: str
    pods: tuple[Key, ...]
    mark: str
    volume_mark: str
    obj: Obj

    @property
    def id(self) -> str:
        """The claim's name as an object's, or the volume's."""
        return f"PersistentVolumeClaim/{self.key}" if self.key else f"PersistentVolume/{self.volume}"


def mounted_claims(pods: Iterable[Obj]) -> dict[Key, list[Key]]:
    """Which Pods mount each claim; an ephemeral volume's claim is named after its Pod."""
    found: dict[Key, list[Key]] = {}
    for pod in pods:
        namespace, name = pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
        for volume in pod["spec"].get("volumes") or ():
            claim = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
            if not claim and "ephemeral" in volume:
                claim = f"{name}-{volume['name']}"
            if claim:
                found.setdefault(Key(namespace, claim), []).append(Key(namespace, name))
    return found


def claim_cards(
    claims: Iterable[Obj],
    volumes: Iterable[Obj],
    mounted: Mapping[Key, list[Key]],
    mark_of: Callable[[str, Key], str],
    *,
    has_unclaimed: bool,
) -> tuple[ClaimCard, ...]:
    """Every claim with its volume, then the volumes that none of these claims has."""
    by_name = {volume["metadata"]["name"]: volume for volume in volumes}
    cards, taken = [], set()
    for claim in claims:
        key = Key(claim["metadata"].get("namespace", ""), claim["metadata"]["name"])
        spec, status = claim.get("spec") or {}, claim.get("status") or {}
        name = spec.get("volumeName", "")
        taken.add(name)
        size = (status.get("capacity") or {}).get("storage") or _asked(spec)
        class_ = spec.get("storageClassName") or ""
        pods, phase = tuple(mounted.get(key, ())), status.get("phase", "Pending")
        mark, volume_mark = mark_of("PersistentVolumeClaim", key), mark_of("PersistentVolume", Key("", name))
        volume_phase = _phase(by_name.get(name))
        cards.append(ClaimCard(key, name, phase, volume_phase, size, class_, pods, mark, volume_mark, claim))
    if has_unclaimed:
        cards += [_unclaimed(volume, mark_of) for name, volume in by_name.items() if name not in taken]
    return tuple(cards)


def _unclaimed(volume: Obj, mark_of: Callable[[str, Key], str]) -> ClaimCard:
    spec, name = volume.get("spec") or {}, volume["metadata"]["name"]
    size, class_ = (spec.get("capacity") or {}).get("storage", ""), spec.get("storageClassName") or ""
    mark, phase = mark_of("PersistentVolume", Key("", name)), _phase(volume)
    return ClaimCard(None, name, "", phase, size, class_, (), "", mark, volume)


def _phase(volume: Obj | None) -> str:
    return str((volume.get("status") or {}).get("phase", "")) if volume is not None else ""


def _asked(spec: Obj) -> str:
    return str(((spec.get("resources") or {}).get("requests") or {}).get("storage", ""))


def claim_title(card: ClaimCard, words: Words) -> str:
    """`PersistentVolumeClaim shop/data-db-0 · Bound · 10Gi · ReadWriteOnce · StorageClass farm · Pod db-0`."""
    modes = ", ".join((card.obj.get("spec") or {}).get("accessModes") or ())
    class_ = f"StorageClass {card.storage_class}" if card.storage_class else ""
    pods = ", ".join(f"Pod {key.name}" for key in card.pods[:3]) + (" …" if len(card.pods) > 3 else "")
    return title_line(
        [f"PersistentVolumeClaim {card.key}", card.phase, card.size, modes, class_, pods], card.mark, words
    )


def volume_title(card: ClaimCard, words: Words) -> str:
    """`PersistentVolume pvc-0a1b · Bound · 10Gi · StorageClass farm · shop/data-db-0`."""
    class_ = f"StorageClass {card.storage_class}" if card.storage_class else ""
    claim = str(card.key) if card.key is not None else ""
    return title_line(
        [f"PersistentVolume {card.volume}", card.volume_phase, card.size, class_, claim], card.volume_mark, words
    )
