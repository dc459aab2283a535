"""What one request sees of the others: batching, sharing, fairness, the byte budget, and limits that change."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.harness import ECHO, Peer, ServerProcess, connected, running_server, wait_until
from tests.processes import child_pid, held, wait_busy, wait_queued

MIB = 1 << 20


def translation(task: str, text: str, **more: object) -> dict[str, object]:
    return {"taskId": task, "text": text, "sourceLanguage": "en", "targetLanguages": ["pt"], **more}


def test_equal_texts_of_different_peers_run_the_model_once(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server:
        server.wait_ready()
        with connected(server, "one") as one, connected(server, "two") as two:
            with held(child_pid(server, "translation")):
                one.send(translation("first", "blocks the engine"))
                wait_busy(server, "translation")
                for number in range(20):
                    one.send(translation(f"one-{number}", "the same words"))
                    two.send(translation(f"two-{number}", "the same words"))
                wait_until(lambda: server.stats()["engines"]["translation"]["units_shared"] == 39, "all wait for one")
            for peer, count in ((one, 21), (two, 20)):
                finished = 0
                while finished < count:
                    message = peer.receive()
                    if message.type == "translation_completed" and message.fields["taskId"] != "first":
                        assert message.fields["result"]["translatedText"] == "[pt] the same words"
                    finished += message.type == "task_finished"
        engine = server.stats()["engines"]["translation"]
        assert engine["units"] == 2
        assert engine["units_shared"] == 39


def test_sentences_that_gather_behind_a_busy_engine_share_its_next_call(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO, engines__translation__batch_cost_s=10) as server:
        server.wait_ready()
        with connected(server, "many") as peer:
            with held(child_pid(server, "translation")):
                peer.send(translation("t0", "sentence 00"))
                wait_busy(server, "translation")
                for number in range(1, 17):
                    peer.send(translation(f"t{number}", f"sentence {number:02}"))
                wait_queued(server, "translation", 16)
            for _ in range(17):
                peer.collect(lambda message: message.type == "task_finished")
        engine = server.stats()["engines"]["translation"]
        assert engine["units"] == 17
        assert engine["calls"] < 8


def test_a_single_request_passes_the_flood_of_another_peer(tmp_path: Path) -> None:
    with running_server(
        tmp_path,
        **ECHO,
        engines__translation__batch=1,
        lanes__translation__queue=2000,
    ) as server:
        server.wait_ready()
        with (
            connected(server, "flood") as flood,
            connected(server, "single") as single,
            connected(server, "both", topic=b"") as both,
        ):
            with held(child_pid(server, "translation")):
                for number in range(400):
                    flood.send(translation(f"f{number}", f"flood {number}"))
                wait_until(lambda: server.stats()["active_tasks"]["total_active"] == 400, "the flood is in")
                single.send(translation("s", "one sentence"))
                wait_until(lambda: server.stats()["active_tasks"]["total_active"] == 401, "the single one as well")
            seen = both.collect(lambda message: message.type == "task_finished" and message.fields["taskId"] == "s")
            assert sum(message.type == "task_finished" for message in seen) < 100


def test_a_low_request_waits_and_a_high_one_passes(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO, engines__translation__batch=1) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            with held(child_pid(server, "translation")):
                peer.send(translation("first", "blocks the engine"))
                wait_busy(server, "translation")
                for priority in ("low", "normal", "high"):
                    peer.send(translation(priority, f"this is {priority}", priority=priority))
                wait_queued(server, "translation", 3)
            order: list[str] = []
            while len(order) < 4:
                message = peer.receive()
                if message.type == "task_finished":
                    order.append(message.fields["taskId"])
        assert order == ["first", "high", "normal", "low"]


def send_recordings(peer: Peer, begin: int, end: int) -> None:
    """Each of a MiB."""
    for number in range(begin, end):
        peer.send({"type": "transcription_only", "taskId": f"t{number}", "binaryFrames": {"audio": 1}}, bytes(MIB))


def finished(peer: Peer, count: int) -> list[tuple[str, str | None]]:
    """The status of so many tasks, with the code of their error."""
    found: list[tuple[str, str | None]] = []
    codes: dict[str, str] = {}
    while len(found) < count:
        message = peer.receive()
        if "errorCode" in message.fields:
            codes[message.fields["taskId"]] = message.fields["errorCode"]
            if "retryAfterMs" in message.fields:
                found.append(("refused", message.fields["errorCode"]))
        elif message.type == "task_finished":
            found.append((message.fields["status"], codes.get(message.fields["taskId"])))
    return found


def test_past_its_bytes_a_peer_is_refused_and_others_are_served(tmp_path: Path) -> None:
    with running_server(
        tmp_path,
        **ECHO,
        limits__in_flight_bytes=8 * MIB,
        limits__peer_in_flight_bytes=5 * MIB,
        limits__in_memory_bytes=2 * MIB,
        lanes__transcription__concurrency=100,
    ) as server:
        server.wait_ready()
        with connected(server, "loud") as loud, connected(server, "calm") as calm:
            with held(child_pid(server, "decoder")):
                send_recordings(loud, 0, 12)
                assert finished(loud, 8) == [("refused", "overloaded")] * 8
                send_recordings(calm, 20, 22)
                calm.send({"type": "ping", "taskId": "now", "timestamp": 1})
                calm.collect(lambda message: message.type == "pong")
                in_flight = server.stats()["in_flight"]
                assert 6 * MIB < in_flight["bytes"] < 8 * MIB
                assert in_flight["spooled_bytes"] >= 3 * MIB
            assert finished(loud, 4) == [("completed", None)] * 4
            assert finished(calm, 2) == [("completed", None)] * 2
        wait_until(lambda: server.stats()["in_flight"]["bytes"] == 0, "nothing is in flight")
        wait_until(lambda: server.stats()["in_flight"]["spooled_bytes"] == 0, "the spool is empty")


def serve_file(folder: Path, text: str) -> tuple[Path, ServerProcess]:
    path = folder / "dragoman.toml"
    path.write_text(text, encoding="utf-8")
    settings = {key.replace("__", "."): value for key, value in ECHO.items()}
    return path, ServerProcess(folder, settings, "--config", str(path))


def test_lanes_and_limits_change_on_sighup_and_what_is_wrong_changes_nothing(tmp_path: Path) -> None:
    path, server = serve_file(tmp_path, "[lanes.translation]\nqueue = 7\n")
    try:
        server.wait_ready()
        assert server.stats()["lanes"]["translation"]["queue_limit"] == 7
        path.write_text("[lanes.translation]\nqueue = 9\n[limits]\ntext_chars = 5\n", encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("config.reloaded")
        assert server.stats()["lanes"]["translation"]["queue_limit"] == 9
        with connected(server, "peer") as peer:
            assert "translation_skipped" in [message.type for message in peer.run(translation("t", "too long now"))]
        path.write_text("[lanes.translation]\nqueue = -1\n", encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("config.rejected")
        assert server.stats()["lanes"]["translation"]["queue_limit"] == 9
    finally:
        server.stop()


def test_a_lane_by_its_old_name_is_configured_and_warned_of_at_the_start_and_on_sighup(tmp_path: Path) -> None:
    path, server = serve_file(tmp_path, "[lanes.audio]\nqueue = 7\n")
    try:
        server.wait_ready()
        assert server.stats()["lanes"]["voice"]["queue_limit"] == 7
        path.write_text("[lanes.audio]\nqueue = 9\n", encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("config.reloaded")
        assert server.stats()["lanes"]["voice"]["queue_limit"] == 9
        warned = [line for line in server.log if line["event"] == "config.old_name"]
        assert [(line["level"], line["section"], line["new_name"]) for line in warned] == [
            ("warning", "lanes.audio", "lanes.voice")
        ] * 2
    finally:
        server.stop()
