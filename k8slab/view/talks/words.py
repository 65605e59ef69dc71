"""What the matrix of conversations says, in English and in Korean."""

from __future__ import annotations

from k8slab.view.words import Words

__all__ = ["TEXTS", "words"]

TEXTS = {
    "en": {
        "title.components": "Who writes what others read: {n} writes, every one through the api-server",
        "title.resources": "Who asks the api-server about what: {n} calls",
        "title.verbs": "Who asks the api-server how: {n} calls",
        "title.managers": "Who has written fields of which objects, as managedFields tell it",
        "since": "From the audit record, {since} to {now}.",
        "corner.components": "writes of ↓ that concern →",
        "corner.resources": "calls of ↓ about →",
        "corner.verbs": "calls of ↓",
        "corner.managers": "objects written by ↓",
        "legend.components": "A write counts for every component that reads its resource (by list and watch). "
        "Nobody is sent anything directly: who writes does not know who reads.",
        "legend": "The number is the count; the stronger the colour, the more.",
        "total": "all",
        "rest": "other",
        "kubelets": "kubelets ({n})",
        "bypass.none": "Conversations that bypass the api-server: {share} % "
        "({writes} writes by components, none of them by one "
        "that has read nothing through the api-server).",
        "bypass.some": "Conversations that may bypass the api-server: {share} % ({n} of {writes} writes, by {names}: "
        "no read of theirs is on record).",
        "bypass.cut": "The record begins late, so what was read before is not in it; no share is given.",
        "bypass.nothing": "No component has written anything since then.",
        "reverse": "The api-server itself called kubelets {n} times, for logs, exec, attach or port-forward.",
        "reverse.one": "The api-server itself called a kubelet once, for logs, exec, attach or port-forward.",
        "reverse.none": "The api-server itself called no kubelet (it does for logs, exec, attach and port-forward).",
        "pictures": "Not counted: {n} calls of these pictures.",
        "no record": "This API keeps no audit record (auditrecords of slab.k8slab.dev), so calls are not counted; "
        "instead: how many objects bear fields of whom.",
        "no answer": "The API server does not answer, so there is nothing to tell: {why}",
        "nothing": "No call is on record since {since}.",
        "cell.components": "{row} wrote {n} times what {column} reads",
        "cell.resources": "{row} asked {n} times about {column}",
        "cell.verbs": "{row}: {column} {n} times",
        "cell.managers": "{n} {column} bear fields written by {row}",
    },
    "ko": {
        "title.components": "누가 쓴 것을 누가 읽는가: 쓰기 {n}번, 모두 api-server를 거침",
        "title.resources": "누가 api-server에 무엇을 묻는가: 호출 {n}번",
        "title.verbs": "누가 api-server에 어떻게 묻는가: 호출 {n}번",
        "title.managers": "managedFields로 본, 누가 어떤 오브젝트의 필드를 썼는가",
        "since": "감사 기록(audit record)에서: {since}부터 {now}까지.",
        "corner.components": "↓의 쓰기를 →이 읽음",
        "corner.resources": "↓의 호출, → 대상",
        "corner.verbs": "↓의 호출",
        "corner.managers": "↓이 쓴 오브젝트",
        "legend.components": "쓰기 하나는 그 resource를 (list와 watch로) 읽는 모든 component에 하나씩 셉니다. "
        "서로 직접 보내는 것은 없습니다: 쓰는 쪽은 누가 읽는지 모릅니다.",
        "legend": "숫자는 횟수, 색이 짙을수록 많음.",
        "total": "전체",
        "rest": "그 밖",
        "kubelets": "kubelet {n}개",
        "bypass.none": "api-server를 거치지 않는 대화: {share} % "
        "(component의 쓰기 {writes}번 가운데, api-server에서 아무것도 읽지 않은 쪽이 쓴 것은 없음).",
        "bypass.some": "api-server를 거치지 않았을 수 있는 대화: {share} % (쓰기 {writes}번 중 {n}번, {names}: "
        "읽은 기록이 없음).",
        "bypass.cut": "기록이 늦게 시작되어 그 전에 읽은 것이 없으므로, 비율은 말하지 않습니다.",
        "bypass.nothing": "그 뒤로 component가 쓴 것이 없습니다.",
        "reverse": "api-server가 kubelet을 부른 것 {n}번(logs, exec, attach, port-forward).",
        "reverse.none": "api-server가 kubelet을 부른 적 없음(logs, exec, attach, port-forward일 때 부름).",
        "pictures": "세지 않음: 이 그림들의 호출 {n}번.",
        "no record": "이 API에는 감사 기록(slab.k8slab.dev의 auditrecords)이 없어 호출을 셀 수 없습니다. "
        "대신: 누가 쓴 필드를 가진 오브젝트가 몇 개인지.",
        "no answer": "API 서버가 응답하지 않아 말할 수 있는 것이 없습니다: {why}",
        "nothing": "{since}부터 기록된 호출이 없습니다.",
        "cell.components": "{row}: {column} 쪽에서 읽는 것을 {n}번 씀",
        "cell.resources": "{row}: {column} 호출 {n}번",
        "cell.verbs": "{row}: {column} {n}번",
        "cell.managers": "{row}: {column} {n}개에 필드를 씀",
    },
}


def words(lang: str) -> Words:
    """The texts of this view. Raises ValueError for an unknown language."""
    return Words(lang, TEXTS)
