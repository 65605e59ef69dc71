"""What the pictures say, in English and in Korean. Kubernetes' own words stay as they are in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = [
    "Words",
]

PARTS = ("scheduler", "api-server", "controller-manager", "kube-proxy")
LOOPS = ("controller", "collector", "autoscaler", "publisher", "binder", "cleaner")

_EN = {
    # states of a Pod: the long form for legend and hover
    "ready": "Ready",
    "running": "running, not Ready",
    "creating": "creating",
    "waiting": "waiting for a Node",
    "crashing": "crash loop",
    "stuck": "cannot start",
    "failed": "Failed",
    "succeeded": "Succeeded",
    "terminating": "terminating",
    "unknown": "unknown",
    # states of a Pod: the short form inside its tile
    "note.running": "not Ready",
    "note.creating": "creating",
    "note.waiting": "waiting",
    "note.crashing": "crash loop",
    "note.failed": "Failed",
    "note.succeeded": "Succeeded",
    "note.terminating": "terminating",
    "note.unknown": "unknown",
    # what happened since the last picture
    "new": "new",
    "changed": "changed",
    "gone": "gone",
    # parts of the picture
    "you": "you",
    "users": "users",
    "proxy": "kube-proxy{count}: the same rules on every Node",
    "claims": "claims, and the volumes they got",
    "no balancer": "LB: no address yet",
    "in use": "in use: cpu {cpu}, memory {memory} GiB",
    "legend.asked": "requested",
    "legend.used": "in use",
    "legend.unmeasured": "requested; no measurements are kept of the past",
    "legend.flow": "the wider, the more requests",
    "wanted": "what is wanted",
    "tray": "Pods that wait for a Node",
    "tray.empty": "none",
    "no control plane": "control plane (runs out of sight)",
    "no answer": "the API server does not answer: this is what was last seen",
    "more": "+{n} more",
    "folded": "{n} Pods in {where}",
    "folded services": "folded: {names}",
    "no services": "no Service yet",
    "no owners": "nothing yet",
    "no nodes": "no Node has joined yet",
    "off": "silent: its kubelet does not report",
    "cordoned": "cordoned",
    "writes": "wrote {n} times since the last picture",
    "legend.writes": "✎3: wrote 3 times",
    "restarts": "{n} restarts",
    "restarts.one": "1 restart",
    "nodes ready": "{ready} of {all} Nodes Ready",
    "nodes unseen": "Nodes are not shown to you",
    "pods of": "{n} Pods: {states}",
    "pods of.one": "1 Pod: {states}",
    "no pods": "no Pods",
    "sketch": "Cluster graph: {text}",
    "focus": "in focus: {what}",
    # the diff
    "nothing": "Nothing changed.",
    "time": "time",
    "object": "object",
    "change": "what changed",
    "writer": "written by",
    "created": "created",
    "deleted": "deleted",
    "removed": "gone",
    "owner": "owner",
    "values": "values are not shown",
    "silent": "silent",
    "lease missing": "no heartbeat for {n} s: its kubelet has fallen silent",
    "was changed": "changed",
    "writes.times": "{n} writes",
    "more fields": "{n} more fields",
    "more fields.one": "1 more field",
    "more objects": "{n} more objects",
    "backstage": "kube-system: {n} objects",
    "backstage.one": "kube-system: 1 object",
    "of owner": "{what} of {owner}",
    "more objects.one": "1 more object",
    "not drawn": "and {n} more that are not listed",
    "heartbeats": "{n} heartbeats",
    "heartbeats.one": "1 heartbeat",
    "quiet": "{n} writes of bookkeeping alone",
    "quiet.one": "1 write of bookkeeping alone",
    "events": "{n} Events",
    "events.one": "1 Event",
    "events rest": "… and {n} more",
    "folded noise": "folded: {what}",
    # what somebody did, for the sentence on top
    "act.created": "{who} created {what}",
    "act.deleted": "{who} deleted {what}",
    "act.removed": "{who} removed {what}",
    "act.bound": "{who} bound {what}",
    "act.readied": "{who} brought {what} to Ready",
    "act.unreadied": "{who} took {what} out of Ready",
    "act.restarted": "{who} restarted {what}",
    "act.finished": "{who} saw {what} finish",
    "act.failed": "{who} reported {what} as Failed",
    "act.scaled": "{who} scaled {what}",
    "act.reimaged": "{who} changed the image of {what}",
    "act.silenced": "{who} marked {what} NotReady",
    "act.revived": "{who} reported {what} Ready again",
    "act.tainted": "{who} tainted {what}",
    "act.untainted": "{who} removed taints from {what}",
    "act.changed": "{who} changed {what}",
    "fact.created": "{what} created",
    "fact.deleted": "{what} deleted",
    "fact.removed": "{what} gone",
    "fact.bound": "{what} bound to a Node",
    "fact.readied": "{what} became Ready",
    "fact.unreadied": "{what} went out of Ready",
    "fact.restarted": "{what} restarted",
    "fact.finished": "{what} finished",
    "fact.failed": "{what} Failed",
    "fact.scaled": "{what} scaled",
    "fact.reimaged": "{what} got another image",
    "fact.silenced": "{what} went NotReady",
    "fact.revived": "{what} Ready again",
    "fact.tainted": "{what} tainted",
    "fact.untainted": "{what} rid of taints",
    "fact.changed": "{what} changed",
    "kubelets": "kubelets",
    "list.long": "; ",
    "sentence": "{text}.",
    "turn": "{who} {said}",
    "subject": "the {part}",
    "subject.kubelet": "the kubelet of {part}",
}

_KO = {
    "ready": "Ready",
    "running": "실행 중, 아직 Ready 아님",
    "creating": "만드는 중",
    "waiting": "Node를 기다림",
    "crashing": "재시작 반복(crash loop)",
    "stuck": "시작하지 못함",
    "failed": "실패(Failed)",
    "succeeded": "완료(Succeeded)",
    "terminating": "종료 중",
    "unknown": "알 수 없음",
    "note.running": "Ready 아님",
    "note.creating": "만드는 중",
    "note.waiting": "기다림",
    "note.crashing": "crash loop",
    "note.failed": "실패",
    "note.succeeded": "완료",
    "note.terminating": "종료 중",
    "note.unknown": "알 수 없음",
    "new": "새로 생김",
    "changed": "바뀜",
    "gone": "사라짐",
    "you": "나",
    "users": "사용자",
    "proxy": "kube-proxy{count}: 모든 Node에 같은 규칙",
    "claims": "클레임과 그 볼륨",
    "no balancer": "LB: 아직 주소 없음",
    "in use": "사용 중: cpu {cpu}, 메모리 {memory} GiB",
    "legend.asked": "요청량",
    "legend.used": "사용량",
    "legend.unmeasured": "요청량(지난 측정값은 보관하지 않음)",
    "legend.flow": "굵을수록 요청이 많음",
    "wanted": "원하는 상태",
    "tray": "Node를 기다리는 Pod",
    "tray.empty": "없음",
    "no control plane": "control plane (보이지 않는 곳에서 실행)",
    "no answer": "API 서버가 응답하지 않음: 마지막으로 본 모습",
    "more": "외 {n}개",
    "folded": "{where}의 Pod {n}개",
    "folded services": "접어 둠: {names}",
    "no services": "아직 Service 없음",
    "no owners": "아직 없음",
    "no nodes": "아직 참가한 Node가 없음",
    "off": "소식 없음: kubelet이 보고하지 않음",
    "cordoned": "배정 막힘(cordoned)",
    "writes": "지난 그림 이후 {n}번 씀",
    "legend.writes": "✎3: 3번 씀",
    "restarts": "재시작 {n}번",
    "nodes ready": "Node {all}개 중 {ready}개 Ready",
    "nodes unseen": "Node를 볼 권한이 없음",
    "pods of": "Pod {n}개: {states}",
    "no pods": "Pod 없음",
    "sketch": "클러스터 그림: {text}",
    "focus": "보고 있는 것: {what}",
    "nothing": "바뀐 것이 없습니다.",
    "time": "시각",
    "object": "오브젝트",
    "change": "바뀐 내용",
    "writer": "쓴 쪽",
    "created": "생성",
    "deleted": "삭제",
    "removed": "사라짐",
    "owner": "소유자",
    "values": "값은 보여 주지 않음",
    "silent": "소식 없음",
    "lease missing": "{n}초 동안 하트비트 없음: kubelet의 소식이 끊김",
    "was changed": "바뀜",
    "writes.times": "{n}번 씀",
    "more fields": "필드 {n}개 더",
    "more objects": "오브젝트 {n}개 더",
    "of owner": "{owner}의 {what}",
    "backstage": "kube-system: 오브젝트 {n}개",
    "not drawn": "그 밖에 {n}개는 싣지 않음",
    "heartbeats": "하트비트 {n}번",
    "quiet": "내부 기록만 바뀐 쓰기 {n}번",
    "events": "Event {n}개",
    "events rest": "… 외 {n}개",
    "folded noise": "접어 둠: {what}",
    "act.created": "{who}: {what} 생성",
    "act.deleted": "{who}: {what} 삭제",
    "act.removed": "{who}: {what} 정리",
    "act.bound": "{who}: {what} 배정",
    "act.readied": "{who}: {what} Ready",
    "act.unreadied": "{who}: {what} Ready 해제",
    "act.restarted": "{who}: {what} 재시작",
    "act.finished": "{who}: {what} 완료 보고",
    "act.failed": "{who}: {what} 실패 보고",
    "act.scaled": "{who}: {what} 개수 조정",
    "act.reimaged": "{who}: {what} 이미지 변경",
    "act.silenced": "{who}: {what} NotReady 표시",
    "act.revived": "{who}: {what} 다시 Ready",
    "act.tainted": "{who}: {what} taint 추가",
    "act.untainted": "{who}: {what} taint 제거",
    "act.changed": "{who}: {what} 변경",
    "fact.created": "{what} 생성",
    "fact.deleted": "{what} 삭제",
    "fact.removed": "{what} 사라짐",
    "fact.bound": "{what} Node에 배정",
    "fact.readied": "{what} Ready",
    "fact.unreadied": "{what} Ready 해제",
    "fact.restarted": "{what} 재시작",
    "fact.finished": "{what} 완료",
    "fact.failed": "{what} 실패",
    "fact.scaled": "{what} 개수 조정",
    "fact.reimaged": "{what} 이미지 변경",
    "fact.silenced": "{what} NotReady",
    "fact.revived": "{what} 다시 Ready",
    "fact.tainted": "{what} taint 추가",
    "fact.untainted": "{what} taint 제거",
    "fact.changed": "{what} 변경",
    "kubelets": "kubelet들",
    "list.long": "; ",
    "sentence": "{text}",
    "turn": "{who}: {said}",
    "subject": "{part}",
    "subject.kubelet": "kubelet {part}",
}

_LANGUAGES = {"en": _EN, "ko": _KO}


class Words:
    """The texts of one language. Raises ValueError for a language that there is not.

    `extra` are the texts of one view alone, by language and name.
    """

    def __init__(self, lang: str = "en", extra: Mapping[str, Mapping[str, str]] | None = None) -> None:
        if lang not in _LANGUAGES:
            raise ValueError(f'unknown language "{lang}"; there are: {", ".join(_LANGUAGES)}')
        self.lang = lang
        self._texts = {**_LANGUAGES[lang], **extra[lang]} if extra else _LANGUAGES[lang]

    def __call__(self, name: str, **values: object) -> str:
        """The text called `name`, with its blanks filled in; a text for exactly one is chosen where there is one."""
        text = self._texts.get(f"{name}.one") if values.get("n") == 1 else None
        text = text or self._texts[name]
        return text.format(**values) if values else text

    def actor(self, writer: str) -> str:
        """The name of a writer, in the reader's language where it is the reader."""
        return self("you") if writer == "you" else writer

    def subject(self, writer: str) -> str:
        """The writer as a sentence begins with it: `you`, `the scheduler`, `the kubelet of node-1`, or a user as is."""
        if writer.startswith("kubelet "):
            return self("subject.kubelet", part=writer.removeprefix("kubelet "))
        is_part = writer in PARTS or writer.endswith(LOOPS)
        return self("subject", part=writer) if is_part else self.actor(writer)

    def count(self, kind: str, n: int) -> str:
        """`3 Pods`, `Pod 3개`."""
        if self.lang == "ko":
            return f"{kind} {n:,}개"
        return f"{n:,} {kind if n == 1 else _plural(kind)}"

    def listed(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        if self.lang == "ko" or len(items) < 2:
            return ", ".join(items)
        return f"{', '.join(items[:-1])} and {items[-1]}"


def _plural(kind: str) -> str:
    if kind.endswith(("s", "x", "ch")):
        return kind + "es"
    if kind.endswith("y") and kind[-2:-1] not in "aeiou":
        return kind[:-1] + "ies"
    return kind + "s"
