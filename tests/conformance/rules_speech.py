"""How a voice message is spoken: voices, speed, and the format of the sound."""

from __future__ import annotations

import base64
from typing import Any

from tests.conformance.peer import Event, Peer
from tests.conformance.rule import RuleBook, Session, demand, demand_equal, only

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
            ("outputFormat", "mp3"),
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
