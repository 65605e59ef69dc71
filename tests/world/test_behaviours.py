"""Behaviours as a learner writes them: what they may do, and that they only ever hurt themselves."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import Behaviour, HttpRequest, Reply


class Counter(Behaviour):
    """Counts its requests, takes longer each time, and breaks at the third."""

    def start(self) -> None:
        super().start()
        self.count = 0

    def on_request(self, request: HttpRequest) -> Reply | str:
        self.count += 1
        if self.count == 3:
            raise RuntimeError("out of stock")
        return Reply(200, f"{self.count} from {self.hostname} in {self.env['SHOP']}", latency_s=self.count)


def test_a_behaviour_knows_itself_and_answers(machines: Any) -> None:
    web = machines.run(Counter, env={"SHOP": "seoul"}, ports=(8080,))

    replies = [web.ask(HttpRequest()) for _ in range(2)]

    assert replies == [Reply(200, "1 from pod-u1 in seoul", 1), Reply(200, "2 from pod-u1 in seoul", 2)]
    assert web.listening == {8080}


def test_what_a_behaviour_raises_crashes_its_container_with_the_text(machines: Any) -> None:
    web = machines.run(Counter, env={"SHOP": "seoul"})

    replies = [web.ask(HttpRequest()) for _ in range(4)]

    assert replies[2:] == [None, None]
    assert (web.state, web.exit_code, web.message) == ("EXITED", 1, "RuntimeError: out of stock")
    assert [line for _, line in web.logs] == ["RuntimeError: out of stock"]


@pytest.mark.parametrize("method", ["start", "on_second", "on_sigterm", "on_exec", "on_request"])
def test_no_method_that_raises_stops_the_loop(machines: Any, method: str) -> None:
    def broken(self: Any, *args: Any) -> None:
        raise KeyError("x")

    web = machines.run(type("Broken", (Behaviour,), {method: broken}))
    machines.loop.run_until(machines.loop.now + 2)
    if web.is_running:
        web.ask(HttpRequest())
        web.exec(("true",))
        web.terminate(5)
    machines.loop.run_until(machines.loop.now + 10)

    assert (web.exit_code, web.message) == (1, "KeyError: 'x'")


def test_each_second_is_background_work_and_ends_with_the_process(machines: Any) -> None:
    class Leak(Behaviour):
        def start(self) -> None:
            self.seconds = 0

        def on_second(self) -> None:
            self.seconds += 1
            if self.seconds == 3:
                self.exit(1, "no memory left")

    web = machines.run(Leak)
    machines.loop.settle()
    assert web.is_running

    machines.loop.run_until(machines.loop.now + 60)

    assert (web.behaviour.seconds, web.exit_code, web.message) == (3, 1, "no memory left")


@pytest.mark.parametrize(("answer", "reply"), [("hello", Reply(200, "hello")), (None, None), (404, None)])
def test_a_text_is_an_answer_and_nonsense_breaks_the_connection(machines: Any, answer: Any, reply: Any) -> None:
    web = machines.run(type("Odd", (Behaviour,), {"on_request": lambda self, request: answer}))

    assert web.ask(HttpRequest()) == reply


def test_timers_of_a_process_die_with_it(machines: Any) -> None:
    class Later(Behaviour):
        def start(self) -> None:
            self.call_later(5, self.log, "too late")

    web = machines.run(Later)

    web.kill()
    machines.loop.settle()

    assert web.logs is None
