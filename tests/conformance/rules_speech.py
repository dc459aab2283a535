"""How a voice message and a text are spoken: voices, speed, and the format of the sound."""

from __future__ import annotations

import base64
from typing import Any

from tests.conformance.peer import Event, Peer
from tests.conformance.rule import RuleBook, Session, demand, demand_equal, of_type, only, types_of

SPEECH = RuleBook("speech")
REFUSED = "invalid_request"
READY = "audio_translation_ready"


def _spoken(peer: Peer, request: dict[str, Any]) -> Event:
    """The event with the sound of a request in one language."""
    return only(peer.run(request), READY)


def _mime_type(event: Event) -> str:
    """What the event says of its sound, in both places."""
    said: str = event.fields["translatedAudio"]["audioMimeType"]
    demand_equal("mimeType of the frame", event.fields["binaryFrames"]["audio"]["mimeType"], said)
    return said


@SPEECH.rule("speech is WAV where nothing else is asked for")
def _wav(session: Session) -> None:
    with session.peer() as peer:
        for fields in ({}, {"outputFormat": "wav"}, {"outputFormat": None}, {"audioFormat": "webm"}):
            event = _spoken(peer, session.voice(**fields))
            demand_equal("audioMimeType", _mime_type(event), "audio/wav")
            demand_equal("the file's beginning", event.binaries[0][:4], b"RIFF")


@SPEECH.rule("outputFormat ogg or opus brings Opus in Ogg; so does audioFormat, where no base64 came")
def _ogg(session: Session) -> None:
    asked = ({"outputFormat": "ogg"}, {"outputFormat": "opus"}, {"audioFormat": "ogg"}, {"audioFormat": "opus"})
    with session.peer() as peer:
        for fields in asked:
            event = _spoken(peer, session.voice(**fields))
            demand(_mime_type(event).startswith("audio/ogg"), f"{fields}: audioMimeType is {_mime_type(event)}")
            demand_equal("the file's beginning", event.binaries[0][:4], b"OggS")
            demand(b"OpusHead" in event.binaries[0][:64], f"{fields}: the Ogg holds no Opus")


@SPEECH.rule("audioFormat beside base64 says what came, and asks for nothing")
def _incoming(session: Session) -> None:
    text = base64.b64encode(session.subject.audio).decode()
    with session.peer() as peer:
        event = _spoken(peer, session.voice(audioData=text, audioFormat="ogg"))
        demand_equal("audioMimeType", _mime_type(event), "audio/wav")
        event = _spoken(peer, session.voice(audioData=text, audioFormat="wav", outputFormat="ogg"))
        demand(_mime_type(event).startswith("audio/ogg"), f"audioMimeType is {_mime_type(event)}")


@SPEECH.rule("a voice that voices lists can be asked for, for all languages or for one")
def _voice(session: Session) -> None:
    target = session.subject.targets[0]
    with session.peer() as peer:
        voices = only(peer.ask({"type": "voices"}), "voices_result").fields["voices"]
        [name] = [one["name"] for one in voices if not one["languages"] or target in one["languages"]][:1]
        for fields in ({"voice": name}, {"voices": {target: name}}, {"voice": "nobody", "voices": {target: name}}):
            event = _spoken(peer, session.voice(**fields))
            demand_equal("voice", event.fields["translatedAudio"].get("voice"), name)


@SPEECH.rule("a voice that there is not is an invalid_request that names those that there are")
def _no_voice(session: Session) -> None:
    target = session.subject.targets[0]
    with session.peer() as peer:
        voices = only(peer.ask({"type": "voices"}), "voices_result").fields["voices"]
        known = [one["name"] for one in voices if not one["languages"] or target in one["languages"]]
        for fields in ({"voice": "nobody"}, {"voices": {target: "nobody"}}):
            error = only(peer.run(session.voice(**fields)), "audio_process_error").fields
            demand_equal("errorCode", error["errorCode"], REFUSED)
            demand(known[0] in error["error"], f"the sentence names no voice: {error['error']}")


@SPEECH.rule("speed is 0.5 to 2; a format or a speed that is none is an invalid_request that names the field")
def _speed(session: Session) -> None:
    with session.peer() as peer:
        for speed in (0.5, 1, 2):
            _spoken(peer, session.voice(speed=speed))
        for field, value in (
            ("speed", 0.4),
            ("speed", 2.1),
            ("speed", "fast"),
            ("outputFormat", "aiff"),
            ("voices", []),
        ):
            error = only(peer.ask(session.voice(**{field: value})), "audio_process_error").fields
            demand_equal("errorCode", error["errorCode"], REFUSED)
            demand(field in error["error"], f"the sentence does not name {field}: {error['error']}")


@SPEECH.rule("a text of which nothing can be said is an invalid_request")
def _nothing_to_say(session: Session) -> None:
    source = session.subject.source
    with session.peer() as peer:
        mobile = {"text": "\U0001f600 \U0001f44d", "language": source}
        request = session.voice(mobileTranscription=mobile, targetLanguages=[source], speakOriginal=True)
        error = only(peer.run(request), "audio_process_error").fields
        demand_equal("errorCode", error["errorCode"], REFUSED)


# --- speak -----------------------------------------------------------------------------------------------------

_BEGINNINGS = {
    "wav": ("audio/wav", (b"RIFF",)),
    "ogg": ("audio/ogg", (b"OggS",)),
    "opus": ("audio/ogg", (b"OggS",)),
    "mp3": ("audio/mpeg", (b"ID3", b"\xff")),
    "flac": ("audio/flac", (b"fLaC",)),
}
"""By outputFormat: how the MIME type begins, and how the file may."""


@SPEECH.rule("speak is answered by one speech_completed with the speech, its voice and the places of its sentences")
def _speak(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(session.speak(messageId="m-1"))
        demand_equal("events", types_of(events), ["accepted", "speech_completed", "task_finished"])
        done = only(events, "speech_completed")
        demand_equal("messageId", done.fields["messageId"], "m-1")
        demand_equal("frames", len(done.binaries), 1)
        demand_equal("size", done.fields["binaryFrames"]["audio"]["size"], len(done.binaries[0]))
        demand_equal("language", done.fields["language"], session.subject.source)
        ends = [segment["endMs"] for segment in done.fields["segments"]]
        demand(ends == sorted(ends) and ends[-1] <= done.fields["durationMs"], f"the segments end at {ends}")


@SPEECH.rule("speak is also answered on events, to a peer without replyTo, and without the life of the task")
def _speak_to_all(session: Session) -> None:
    with session.everybody() as everybody:
        everybody.send(session.speak())
        events = everybody.until(lambda event: event.type.startswith("speech_"))
        demand_equal("events", types_of(events), ["speech_completed"])


@SPEECH.rule("speak brings the outputFormat that is asked for")
def _speak_formats(session: Session) -> None:
    with session.peer() as peer:
        for form, (mime_type, beginnings) in _BEGINNINGS.items():
            done = only(peer.run(session.speak(outputFormat=form)), "speech_completed")
            said = done.fields["binaryFrames"]["audio"]["mimeType"]
            demand(said.startswith(mime_type), f"{form}: mimeType is {said}")
            demand(done.binaries[0].startswith(beginnings), f"{form}: the file begins with {done.binaries[0][:4]!r}")


@SPEECH.rule("pcm is samples of 16 bits, as many as the duration at the rate that the event names")
def _speak_samples(session: Session) -> None:
    with session.peer() as peer:
        done = only(peer.run(session.speak(outputFormat="pcm")), "speech_completed")
        rate_hz, duration_ms = done.fields["sampleRateHz"], done.fields["durationMs"]
        said = done.fields["binaryFrames"]["audio"]["mimeType"]
        demand(said.startswith("audio/pcm") and f"rate={rate_hz}" in said, f"mimeType is {said}")
        seconds = len(done.binaries[0]) / 2 / rate_hz
        demand(abs(seconds - duration_ms / 1000) < 0.002, f"{seconds} s of samples, and durationMs {duration_ms}")


@SPEECH.rule("with stream the pieces come first and in order, and put together they are the speech")
def _speak_in_pieces(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(session.speak(outputFormat="pcm", stream=True))
        chunks, done = of_type(events, "speech_chunk"), only(events, "speech_completed")
        demand(len(chunks) > 1, f"{len(chunks)} pieces of a text of two sentences")
        demand_equal("events", types_of(events)[1:-2], ["speech_chunk"] * len(chunks))
        demand_equal("index", [one.fields["index"] for one in chunks], list(range(len(chunks))))
        demand_equal("last", [one.fields["last"] for one in chunks], [False] * (len(chunks) - 1) + [True])
        demand_equal("the bytes", b"".join(one.binaries[0] for one in chunks), done.binaries[0])
        demand_equal("events of task_finished", events[-1].fields["events"], len(chunks) + 1)


@SPEECH.rule("without stream there are no pieces, whatever the text")
def _speak_whole(session: Session) -> None:
    with session.peer() as peer:
        for fields in ({}, {"stream": False}, {"stream": None}):
            events = peer.run(session.speak(**fields))
            demand_equal("events", types_of(events), ["accepted", "speech_completed", "task_finished"])


@SPEECH.rule("a repeat of speak brings the same speech again, pieces included")
def _speak_again(session: Session) -> None:
    request = session.speak(outputFormat="pcm", stream=True)
    with session.peer() as peer:
        first, again = peer.run(request), peer.run(request)
        demand_equal("types", types_of(again), types_of(first))
        demand_equal("the bytes", [one.binaries for one in again], [one.binaries for one in first])
        demand_equal("duplicate", again[0].fields["duplicate"], True)


@SPEECH.rule("what is wrong with a speak is an invalid_request that names the field, or the voices that there are")
def _speak_refusals(session: Session) -> None:
    source = session.subject.source
    with session.peer() as peer:
        voices = only(peer.ask({"type": "voices"}), "voices_result").fields["voices"]
        known = [one["name"] for one in voices if not one["languages"] or source in one["languages"]]
        # What is wrong with a field is refused at once; the rest is found out at work.
        for how, fields, said in (
            (peer.ask, {"speed": 0.4}, "speed"),
            (peer.ask, {"speed": 2.1}, "speed"),
            (peer.ask, {"outputFormat": "aiff"}, "outputFormat"),
            (peer.ask, {"text": 5}, "text"),
            (peer.ask, {"language": 5}, "language"),
            (peer.ask, {"stream": "yes"}, "stream"),
            (peer.run, {"text": ""}, "text"),
            (peer.run, {"voice": "nobody"}, known[0]),
            (peer.run, {"text": "\U0001f600"}, ""),
        ):
            error = only(how(session.speak(**fields)), "speech_error").fields
            demand_equal("errorCode", error["errorCode"], REFUSED)
            demand(said in error["error"], f"the sentence does not name {said}: {error['error']}")
