"""What the scheduler's matrix says, in English and in Korean."""

from __future__ import annotations

from k8slab.view.words import Words

__all__ = ["TEXTS", "words"]

TEXTS = {
    "en": {
        "scheduled": "Pod {pod} goes to {node}: {total} points, the most of {fits} Nodes.",
        "scheduled.tie": "Pod {pod} goes to {node} with {total} points, the most; "
        "{ties} of {fits} Nodes have as many: chance chose.",
        "scheduled.only": "Pod {pod} goes to {node}, the only Node that passed the filters: nothing to score.",
        "scheduled.nominated": "Pod {pod} goes to {node}, nominated by preemption: "
        "tried first, it fits, no other is asked.",
        "scheduled.unseen": "Pod {pod} goes to {node}.",
        "lower": " It is not the one with the most points: {best} has {points}.",
        "reason": "{node} had {total} points; {fits} of {looked} Nodes passed the filters",
        "reason.only": "{node} was the only Node asked that passed the filters",
        "unschedulable": "Pod {pod} finds no Node: {message}",
        "error": "The attempt for Pod {pod} failed: {message}",
        "attempt": "attempt {at} of {n}",
        "by": "{when} · {attempt} · {scheduler} · Nodes looked at: {looked}, passed the filters: {fits}",
        "earlier": "Earlier attempts: {n}",
        "later": "Later attempts: {n}",
        "node": "Node",
        "total": "total",
        "verdict": "verdict of the filters",
        "weight": "weight {n}",
        "cell": "{plugin} on {node}: raw {raw}, normalised {normalized} of 100, weighted {weighted}",
        "legend": "In each cell: the weighted score, and below it raw → normalised (0 to 100). "
        "★ chosen, ✕ filtered out.",
        "unscored": "passed the filters, not scored",
        "can change": "other Pods going away could help",
        "cannot change": "removing Pods would not help",
        "and more": "{names} and {n} more",
        "rest": "{n} more Nodes, {low} to {high} points",
        "preemption": "What preemption weighed",
        "nominated": "{node} is nominated: these Pods have to go: {victims}",
        "nominated.none": "no Node is nominated",
        "victims": "would have to go",
        "priority": "highest priority",
        "violations": "PodDisruptionBudgets broken",
        "no help": "no help there",
        "not served": "This API serves no SchedulingAttempts (slab.k8slab.dev/v1), so scores are not known; "
        "what follows comes from the Pod and its Events.",
        "forgotten": "No attempt is on record for Pod {pod} (the newest 1,000 of the cluster are kept); "
        "what follows comes from the Pod and its Events.",
        "on node": "Pod {pod} is on {node}.",
        "on no node": "Pod {pod} has no Node.",
        "gates": "It has scheduling gates, so the scheduler does not look at it: {gates}.",
        "other scheduler": 'It waits for the scheduler "{scheduler}".',
        "not there": "There is no Pod {pod}.",
        "no answer": "The API server does not answer, so there is nothing to show: {why}",
        "refused": "The API server did not tell: {why}",
        "no events": "No Event about its scheduling is left.",
        "taken": "no Pod is called {asked}: this is the newest one that begins with it",
        "fixed": "Its spec.nodeName names {node} from the start: no scheduler was asked.",
    },
    "ko": {
        "scheduled": "Pod {pod} → {node}: {total}점, Node {fits}개 중 가장 높음.",
        "scheduled.tie": "Pod {pod} → {node}: {total}점. "
        "Node {fits}개 중 {ties}개가 같은 최고점이라 무작위로 골랐습니다.",
        "scheduled.only": "Pod {pod} → {node}: 필터를 통과한 유일한 Node라서 점수를 매기지 않았습니다.",
        "scheduled.nominated": "Pod {pod} → {node}: 선점으로 지명된 Node를 먼저 보았고 맞아서, "
        "다른 Node는 보지 않았습니다.",
        "scheduled.unseen": "Pod {pod} → {node}.",
        "lower": " 점수가 가장 높은 Node는 아닙니다: {best} {points}점.",
        "reason": "{node}: {total}점. Node {looked}개 중 {fits}개가 필터 통과",
        "reason.only": "{node}: 물어본 Node 중 유일하게 필터 통과",
        "unschedulable": "Pod {pod}: 들어갈 Node 없음: {message}",
        "error": "Pod {pod}: 스케줄링 시도 실패: {message}",
        "attempt": "시도 {n}번 중 {at}번째",
        "by": "{when} · {attempt} · {scheduler} · 살펴본 Node {looked}개, 필터 통과 {fits}개",
        "earlier": "앞선 시도 {n}번",
        "later": "이후 시도 {n}번",
        "node": "Node",
        "total": "합계",
        "verdict": "필터의 판정",
        "weight": "가중치 {n}",
        "cell": "{node}의 {plugin}: 원점수 {raw}, 정규화 {normalized}/100, 가중 점수 {weighted}",
        "legend": "각 칸: 가중치를 곱한 점수, 그 아래는 원점수 → 정규화 점수(0–100). ★ 선택됨, ✕ 필터에서 제외.",
        "unscored": "필터 통과, 점수 없음",
        "can change": "다른 Pod가 나가면 가능할 수 있음",
        "cannot change": "Pod를 내보내도 소용없음",
        "and more": "{names} 외 {n}개",
        "rest": "Node {n}개 더, {low}–{high}점",
        "preemption": "선점(preemption)에서 따져 본 것",
        "nominated": "{node} 지명(nominated). 나가야 하는 Pod: {victims}",
        "nominated.none": "지명된 Node 없음",
        "victims": "나가야 할 Pod",
        "priority": "가장 높은 우선순위",
        "violations": "어기게 되는 PodDisruptionBudget",
        "no help": "도움이 안 되는 Node",
        "not served": "이 API에는 SchedulingAttempt(slab.k8slab.dev/v1)가 없어 점수를 알 수 없습니다. "
        "아래 내용은 Pod와 Event에서 가져왔습니다.",
        "forgotten": "Pod {pod}의 스케줄링 시도 기록이 없습니다(클러스터 전체에서 최근 1,000개만 보관). "
        "아래 내용은 Pod와 Event에서 가져왔습니다.",
        "on node": "Pod {pod}의 Node: {node}.",
        "on no node": "Pod {pod}: 아직 Node 없음.",
        "gates": "scheduling gate가 있어 스케줄러가 보지 않습니다: {gates}.",
        "other scheduler": '스케줄러 "{scheduler}"를 기다립니다.',
        "not there": "Pod {pod}: 없습니다.",
        "no answer": "API 서버가 응답하지 않아 보여 줄 것이 없습니다: {why}",
        "refused": "API 서버가 알려 주지 않았습니다: {why}",
        "no events": "스케줄링에 관한 Event가 남아 있지 않습니다.",
        "taken": "{asked}: 이런 이름의 Pod가 없어, 이 이름으로 시작하는 가장 새로운 Pod를 보여 줍니다",
        "fixed": "처음부터 spec.nodeName이 {node}로 정해져 있어 스케줄러를 거치지 않았습니다.",
    },
}


def words(lang: str) -> Words:
    """The texts of this view. Raises ValueError for an unknown language."""
    return Words(lang, TEXTS)
