"""Recordings: transcriptions and voice messages."""

from __future__ import annotations

import base64
from typing import Any

from tests.conformance.peer import Event, Peer
from tests.conformance.rule import RuleBook, Session, demand, demand_equal, of_type, only, types_of

AUDIO = RuleBook("audio")
TRANSCRIPTION = RuleBook("transcription")
VOICE = RuleBook("voice message")
FRAMED = {"binaryFrames": {"audio": 1}}
REFUSED = "invalid_request"
TRANSLATED = ("audio_translation_ready", "audio_translations_progressive", "audio_translations_completed")


def _request(session: Session, **fields: Any) -> dict[str, Any]:
    ids = {"taskId": session.new_id(), "messageId": session.new_id(), "attachmentId": session.new_id()}
    return {"type": "transcription_only", **ids, **fields}


def _heard(peer: Peer, request: dict[str, Any], *binaries: bytes) -> dict[str, Any]:
    """The transcription that a request comes to."""
    transcription: dict[str, Any] = only(peer.run(request, *binaries), "transcription_completed").fields[
        "transcription"
    ]
    return transcription


def _voices(events: list[Event]) -> list[Event]:
    return [event for event in events if event.type in TRANSLATED]


@AUDIO.rule("base64 in audioData, audioBase64 and audio_data gives what a binary frame gives")
def _base64(session: Session) -> None:
    sound = session.subject.audio
    text = base64.b64encode(sound).decode()
    with session.peer() as peer:
        framed = _heard(peer, _request(session, **FRAMED), sound)
        for field in ("audioData", "audioBase64", "audio_data"):
            demand_equal(field, _heard(peer, _request(session, audioFormat="wav", **{field: text})), framed)


@AUDIO.rule("base64 in wrapped lines, without its padding and in the URL-safe alphabet is base64")
def _base64_as_printed(session: Session) -> None:
    sound = session.subject.audio
    wrapped = base64.encodebytes(sound).decode()
    url_safe = base64.urlsafe_b64encode(sound).decode()
    with session.peer() as peer:
        framed = _heard(peer, _request(session, **FRAMED), sound)
        for text in (wrapped, wrapped.rstrip("=\n"), url_safe, url_safe.rstrip("=")):
            demand_equal("audioData", _heard(peer, _request(session, audioFormat="wav", audioData=text)), framed)


@AUDIO.rule("hint keys in binaryFrames are ignored, and frames are counted from 1")
def _hints(session: Session) -> None:
    hints = {"audioMimeType": "audio/wav", "audioSize": 5, "embeddingSize": 4, "voiceProfileSize": 2}
    with session.peer() as peer:
        request = _request(session, binaryFrames={"audio": 2, "embedding": 1, **hints})
        _heard(peer, request, b"\0" * 4, session.subject.audio)


@AUDIO.rule("a frame that is not there is an invalid_request that names binaryFrames")
def _no_frame(session: Session) -> None:
    with session.peer() as peer:
        for index in (0, 2, -1):
            request = _request(session, binaryFrames={"audio": index})
            error = only(peer.ask(request, session.subject.audio), "transcription_error").fields
            demand_equal("errorCode", error["errorCode"], REFUSED)
            demand("binaryFrames" in error["error"], error["error"])


@AUDIO.rule("audioPath or audioUrl alone is an invalid_request that says to send the bytes")
def _paths(session: Session) -> None:
    with session.peer() as peer:
        for field, value in (("audioPath", "/etc/hostname"), ("audioUrl", "http://127.0.0.1:9/voice.wav")):
            error = only(peer.ask(_request(session, **{field: value})), "transcription_error").fields
            demand_equal("errorCode", error["errorCode"], REFUSED)
            demand(field in error["error"], f"the sentence does not name {field}: {error['error']}")
            error = only(
                peer.ask(session.voice(mobileTranscription=None, **{field: value})), "audio_process_error"
            ).fields
            demand_equal("errorCode", error["errorCode"], REFUSED)


@AUDIO.rule("audioPath and audioUrl are ignored where they are empty or beside bytes")
def _ignored_paths(session: Session) -> None:
    with session.peer() as peer:
        for value in ("", "http://127.0.0.1:9/voice.wav"):
            _heard(peer, _request(session, audioUrl=value, audioPath=value, **FRAMED), session.subject.audio)


@AUDIO.rule("a request without a recording is an invalid_request")
def _nothing(session: Session) -> None:
    with session.peer() as peer:
        for fields in ({}, {"audioUrl": ""}, {"audioData": ""}, {"mobileTranscription": {"text": ""}}):
            error = only(peer.ask(_request(session, **fields)), "transcription_error").fields
            demand_equal("errorCode", error["errorCode"], REFUSED)


@AUDIO.rule("text that is no base64 is an invalid_request that names the field")
def _bad_base64(session: Session) -> None:
    with session.peer() as peer:
        error = only(peer.ask(_request(session, audioData="?!")), "transcription_error").fields
        demand_equal("errorCode", error["errorCode"], REFUSED)
        demand("audioData" in error["error"], error["error"])


@AUDIO.rule("bytes that are no audio are audio_undecodable")
def _undecodable(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(_request(session, **FRAMED), b"RIFF" + bytes(40))
        demand_equal("the events", types_of(events), ["accepted", "transcription_error", "task_finished"])
        demand_equal("errorCode", events[1].fields["errorCode"], "audio_undecodable")


@TRANSCRIPTION.rule("transcription_only and transcription come to one transcription_completed")
def _both_names(session: Session) -> None:
    with session.peer() as peer:
        for name in ("transcription_only", "transcription"):
            request = _request(session, **FRAMED) | {"type": name}
            events = peer.run(request, session.subject.audio)
            demand_equal("the events", types_of(events), ["accepted", "transcription_completed", "task_finished"])
            for field in ("taskId", "messageId", "attachmentId"):
                demand_equal(field, events[1].fields[field], request[field])
            demand_equal("source", events[1].fields["transcription"]["source"], "whisper")


@TRANSCRIPTION.rule("a mobileTranscription with text is used as it is")
def _mobile(session: Session) -> None:
    segments = [{"text": "Hello there.", "startMs": 0, "endMs": 1400, "confidence": 0.5, "speakerId": "s-1"}]
    mobile = {"text": "Hello there.", "language": "en", "confidence": 0.5, "source": "ios", "segments": segments}
    with session.peer() as peer:
        for fields, binaries in (({}, []), (FRAMED, [session.subject.audio])):
            heard = _heard(peer, _request(session, mobileTranscription=mobile, **fields), *binaries)
            told = {field: heard[field] for field in ("text", "language", "confidence", "source")}
            demand_equal("the transcription", told, {**told, "text": "Hello there.", "source": "mobile"})
            demand_equal("language and confidence", (heard["language"], heard["confidence"]), ("en", 0.5))
            kept = [{name: one[name] for name in segments[0]} for one in heard["segments"]]
            demand_equal("the segments", kept, segments)


@TRANSCRIPTION.rule("with stream the segments come first and in order, and are those of the whole")
def _streamed(session: Session) -> None:
    with session.peer() as peer:
        whole = _heard(peer, _request(session, **FRAMED), session.subject.audio)
        for fields in ({}, {"progress": True}):
            events = peer.run(_request(session, stream=True, **FRAMED, **fields), session.subject.audio)
            told = of_type(events, "transcription_segment")
            kinds = [kind for kind in types_of(events)[1:-1] if kind != "task_progress"]
            demand_equal("the events", kinds, ["transcription_segment"] * len(told) + ["transcription_completed"])
            demand_equal("index", [one.fields["index"] for one in told], list(range(len(told))))
            completed = only(events, "transcription_completed").fields["transcription"]
            demand_equal("the transcription", completed, whole)
            demand_equal("the segments", [one.fields["segment"] for one in told], completed["segments"])
            demand_equal("events of task_finished", events[-1].fields["events"], len(told) + 1)


@TRANSCRIPTION.rule("without stream there are no segments of their own")
def _not_streamed(session: Session) -> None:
    with session.peer() as peer:
        for fields in ({}, {"stream": False}, {"stream": None}):
            events = peer.run(_request(session, **FRAMED, **fields), session.subject.audio)
            demand_equal("the events", types_of(events), ["accepted", "transcription_completed", "task_finished"])


@TRANSCRIPTION.rule("a repeat of a streamed transcription brings its segments again")
def _streamed_again(session: Session) -> None:
    request = _request(session, stream=True, **FRAMED)
    with session.peer() as peer:
        first, again = (peer.run(request, session.subject.audio) for _ in range(2))
        demand_equal("the events", types_of(again), types_of(first))
        demand_equal("duplicate", again[0].fields["duplicate"], True)


@TRANSCRIPTION.rule("with progress the seconds of the recording that are heard are told, from none to all")
def _progress(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(_request(session, progress=True, **FRAMED), session.subject.audio)
        told = [one.fields for one in of_type(events, "task_progress") if one.fields["stage"] == "working"]
        demand(bool(told), "there is no task_progress")
        demand_equal("unit", {one["unit"] for one in told}, {"seconds"})
        done = [one["done"] for one in told]
        demand(done == sorted(done) and done[-1] == told[-1]["total"], f"done is {done}")
        demand_equal("events of task_finished", events[-1].fields["events"], 1)


@VOICE.rule("one language: transcription_ready, audio_translation_ready, audio_process_completed")
def _one_language(session: Session) -> None:
    with session.peer() as peer:
        for kind in ("audio_process", "audio"):
            request = session.voice(type=kind)
            events = peer.run(request)
            kinds = ["transcription_ready", "audio_translation_ready", "audio_process_completed"]
            demand_equal("the events", types_of(events), ["accepted", *kinds, "task_finished"])
            for event in events[1:-1]:
                for field in ("taskId", "messageId", "attachmentId"):
                    demand_equal(f"{event.type}.{field}", event.fields[field], request[field])


@VOICE.rule("several languages: progressive, the last one as audio_translations_completed")
def _several_languages(session: Session) -> None:
    targets = list(dict.fromkeys([*session.subject.targets, session.subject.source]))
    with session.peer() as peer:
        events = peer.run(session.voice(targetLanguages=targets, speakOriginal=True))
        more = ["audio_translations_progressive"] * (len(targets) - 1)
        kinds = ["transcription_ready", *more, "audio_translations_completed", "audio_process_completed"]
        demand_equal("the events", types_of(events), ["accepted", *kinds, "task_finished"])
        demand_equal("languages", sorted(event.fields["language"] for event in _voices(events)), sorted(targets))


@VOICE.rule("the sound is frame 1 of its event and frame audio_<language> of audio_process_completed")
def _frames(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(session.voice(targetLanguages=list(session.subject.targets)))
        whole = only(events, "audio_process_completed")
        demand_equal("frames of the whole", len(whole.binaries), len(session.subject.targets))
        for event in _voices(events):
            frame = event.fields["binaryFrames"]["audio"]
            demand_equal("index and frames", (frame["index"], len(event.binaries)), (1, 1))
            demand_equal("size", frame["size"], len(event.binaries[0]))
            demand(event.binaries[0], "the sound is empty")
            name = f"audio_{event.fields['language']}"
            demand(name in whole.fields["binaryFrames"], f"{name} is not named")
            again = whole.fields["binaryFrames"][name]
            demand(whole.binaries[again["index"] - 1] == event.binaries[0], f"{name} is another sound")


@VOICE.rule("a recording is heard where the phone has no transcription, and needs no taskId")
def _recording(session: Session) -> None:
    with session.peer() as peer:
        hint = {"userLanguage": session.subject.source, "audioUrl": "", "taskId": None}
        request = session.voice(mobileTranscription=None, **FRAMED, **hint)
        ready = only(peer.run(request, session.subject.audio), "transcription_ready").fields
        demand_equal("source", ready["transcription"]["source"], "whisper")
        demand_equal("messageId", ready["messageId"], request["messageId"])


@VOICE.rule("a language that fails is named in failedLanguages and hides no other")
def _failed_language(session: Session) -> None:
    text, good, bad = session.partly_failing()
    mobile = {"text": text, "language": session.subject.source}
    with session.peer() as peer:
        events = peer.run(session.voice(mobileTranscription=mobile, targetLanguages=[bad, good], speakOriginal=True))
        whole = only(events, "audio_process_completed").fields
        demand_equal("translatedAudios", [one["targetLanguage"] for one in whole["translatedAudios"]], [good])
        demand_equal("failedLanguages", [one["targetLanguage"] for one in whole["failedLanguages"]], [bad])
        demand_equal("languages", [event.fields["language"] for event in _voices(events)], [good])
        demand("audio_translation_ready" not in types_of(events), "the naming is that of one language")
        demand_equal("audio_process_error", of_type(events, "audio_process_error"), [])
        demand_equal("status", events[-1].fields["status"], "partial")


@VOICE.rule("where all languages fail, audio_process_completed is followed by audio_process_error")
def _all_failed(session: Session) -> None:
    text, _, bad = session.partly_failing()
    mobile = {"text": text, "language": session.subject.source}
    with session.peer() as peer:
        events = peer.run(session.voice(mobileTranscription=mobile, targetLanguages=[bad], speakOriginal=True))
        kinds = ["accepted", "transcription_ready", "audio_process_completed", "audio_process_error", "task_finished"]
        demand_equal("the events", types_of(events), kinds)
        demand_equal("the transcription", events[2].fields["transcription"]["text"], text)
        demand_equal("status", events[-1].fields["status"], "failed")


@VOICE.rule("with stream each language comes in pieces, which are its sound, and then as without it")
def _in_pieces(session: Session) -> None:
    targets = list(session.subject.targets)
    with session.peer() as peer:
        plain = peer.run(session.voice(targetLanguages=targets, outputFormat="pcm"))
        events = peer.run(session.voice(targetLanguages=targets, outputFormat="pcm", stream=True))
        kinds = [event.type for event in events if event.type != "audio_chunk"]
        demand_equal("the other events", sorted(kinds), sorted(types_of(plain)))
        for event in _voices(events):
            language = event.fields["language"]
            chunks = [one for one in of_type(events, "audio_chunk") if one.fields["language"] == language]
            demand_equal("index", [one.fields["index"] for one in chunks], list(range(len(chunks))))
            demand_equal("last", [one.fields["last"] for one in chunks], [False] * (len(chunks) - 1) + [True])
            demand(bool(chunks), f"there are no pieces in {language}")
            demand_equal("the bytes", b"".join(one.binaries[0] for one in chunks), event.binaries[0])
        said = {one.fields["language"]: one.fields["translatedAudio"]["translatedText"] for one in _voices(events)}
        demand_equal(
            "the texts",
            said,
            {one.fields["language"]: one.fields["translatedAudio"]["translatedText"] for one in _voices(plain)},
        )
        demand_equal("events of task_finished", events[-1].fields["events"], len(events) - 2)


@VOICE.rule("with progress the seconds that are heard and spoken are told")
def _voice_progress(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(session.voice(progress=True))
        told = [one.fields for one in of_type(events, "task_progress") if one.fields["stage"] == "working"]
        demand(bool(told), "there is no task_progress")
        demand_equal("unit", {one["unit"] for one in told}, {"seconds"})
        demand_equal("the end", told[-1]["done"], told[-1]["total"])
