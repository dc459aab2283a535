"""What `dragoman result` does: bring back the events of a task, and print what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from dragoman_client.aio import Client
from dragoman_client.cli.calls import FAILED, PARTLY, RECORDING_TIMEOUT_S, OnEvent, call, suffix_of
from dragoman_client.cli.operations import asked, named, ops_client
from dragoman_client.cli.output import print_json, print_text, say, say_failure
from dragoman_client.cli.settings import Settings
from dragoman_client.frames import ReceivedEvent
from dragoman_wire.requests import ResultRequest

_STATUSES = {"completed": 0, "partial": PARTLY}
_LIFE = frozenset({"accepted", "task_progress", "task_finished"})


@dataclass(slots=True)
class _Outcome:
    events: list[ReceivedEvent] = field(default_factory=list)
    status: str | None = None

    def add(self, event: ReceivedEvent) -> None:
        if event.type == "task_finished":
            self.status = str(event.fields.get("status"))
        elif event.type not in _LIFE:
            self.events.append(event)


def result(settings: Settings, task_id: str, peer: str | None, out: Path | None, *, as_json: bool) -> None:
    """Print what came of a task, and write its sounds.

    Raises:
        typer.Exit: it is not known, it failed, or no server answers.
    """
    peer = peer or _peer_of(settings, task_id, as_json=as_json)
    outcome = _Outcome()

    async def work(client: Client, on_event: OnEvent) -> None:
        async for event in client.events(ResultRequest(task_id=task_id)):
            on_event(event)
            outcome.add(event)
            if not as_json:
                with on_event.printing():
                    _print(event)

    call(settings, "waiting for the task", work, as_json=as_json, timeout_s=RECORDING_TIMEOUT_S, peer=peer)
    if any(event.type == "result_unknown" for event in outcome.events):
        say_failure("task_unknown", f"the server knows no task {task_id} of {peer} (any more)", as_json=as_json)
        raise typer.Exit(FAILED)
    files = [str(file) for event in outcome.events for file in (_write(event, task_id, out) if out else ())]
    if as_json:
        events = [dict(event.fields) for event in outcome.events]
        print_json({"taskId": task_id, "status": outcome.status, "events": events, "files": files})
    else:
        for file in dict.fromkeys(files):
            say(file, err=True)
    raise typer.Exit(_STATUSES.get(outcome.status or "", FAILED))


def _peer_of(settings: Settings, task_id: str, *, as_json: bool) -> str:
    """Ask the operations endpoint whose task it is: results are told to their own peer only."""
    client = ops_client(settings)
    found = asked(lambda: client.task(named(task_id, None)), as_json=as_json)
    if not found["reply_to"]:
        sentence = f"the task {task_id} has no replyTo: its results went to the events socket, where all peers read"
        say_failure("no_reply_to", sentence, as_json=as_json)
        raise typer.Exit(FAILED)
    return str(found["reply_to"])


def _print(event: ReceivedEvent) -> None:
    if event.error is not None:
        where = f"{event.language}: " if event.language else ""
        say(f"{where}{event.error.code}: {event.error}", err=True)
        return
    for line in lines_of(event):
        print_text(line)


def lines_of(event: ReceivedEvent) -> Iterator[str]:
    """Yield what an event says to a person; nothing where it brings no text."""
    fields = event.fields
    match event.type:
        case "translation_completed":
            yield f"{event.language}: {_text(fields, 'result', 'translatedText')}"
        case "story_text_object_translation_completed":
            translations = fields.get("translations")
            for language, text in translations.items() if isinstance(translations, Mapping) else ():
                yield f"{language}: {text}"
        case "transcription_completed" | "transcription_ready":
            yield _text(fields, "transcription", "text")
        case "audio_translation_ready" | "audio_translations_progressive" | "audio_translations_completed":
            yield f"{event.language}: {_text(fields, 'translatedAudio', 'translatedText')}"
        case "speech_completed":
            yield f"{fields.get('durationMs', 0) / 1000:.1f} s of speech, said by {fields.get('voice')}"


def _text(fields: Mapping[str, Any], *path: str) -> str:
    at: Any = fields
    for name in path:
        at = at.get(name) if isinstance(at, Mapping) else None
    return str(at or "")


def _write(event: ReceivedEvent, task_id: str, out: Path) -> Iterator[Path]:
    """Write the sounds of an event.

    Raises:
        typer.BadParameter: the folder cannot be written to.
    """
    places = event.fields.get("binaryFrames")
    for name, sound in event.binaries.items():
        place = places.get(name) if isinstance(places, Mapping) else None
        mime_type = str(place.get("mimeType", "")) if isinstance(place, Mapping) else ""
        language = event.language or name.removeprefix("audio").lstrip("_")
        # Ids and languages are words of others: they must not name a folder.
        stem = ".".join(re.sub(r"[^A-Za-z0-9-]", "_", part) for part in (task_id, language) if part)
        file = out / f"{stem}.{suffix_of(mime_type)}"
        try:
            out.mkdir(parents=True, exist_ok=True)
            file.write_bytes(sound)
        except OSError as error:
            raise typer.BadParameter(f"cannot write {file}: {error.strerror}", param_hint="--out") from error
        yield file
