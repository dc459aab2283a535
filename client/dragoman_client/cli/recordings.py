"""Which recordings a `dragoman transcribe` reads, and where their transcriptions go."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from dragoman_client.choices import Format
from dragoman_client.cli.files import STDIN, FilesError, files_in

MOST_BYTES = 1 << 30
"""More than any server takes; the server says how much it does."""
ENDINGS: Mapping[Format, str] = {Format.TEXT: ".txt", Format.SRT: ".srt", Format.VTT: ".vtt", Format.JSON: ".json"}
"""How the names of transcriptions end."""
KNOWN = frozenset(
    {
        *(".3gp", ".aac", ".ac3", ".aif", ".aiff", ".amr", ".avi", ".flac", ".m4a", ".m4b", ".mka", ".mkv", ".mov"),
        *(".mp3", ".mp4", ".mpeg", ".mpg", ".oga", ".ogg", ".opus", ".wav", ".weba", ".webm", ".wma", ".wmv"),
    }
)
"""How the names of recordings end; in folders, what has another name is left out."""


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A recording to transcribe."""

    path: Path | None
    """None: standard input, or what the microphone heard."""
    inside: PurePath
    """Its name below the folder that was named; what its transcriptions are named after."""
    data: bytes | None = None
    """Its content, where it is there already."""

    @property
    def name(self) -> str:
        """Return its name for people."""
        return str(self.path) if self.path else str(self.inside)

    @property
    def size_bytes(self) -> int:
        """Return the size of the file; 1 where it is not known."""
        return max(1, self.path.stat().st_size) if self.path else len(self.data or b"?")

    def output(self, out: Path, form: Format) -> Path:
        """Return where its transcription goes: `NAME.txt`, or as the format says, in the same folder below `out`."""
        return out / self.inside.parent / f"{self.inside.stem}{ENDINGS[form]}"

    def is_done(self, outputs: Sequence[Path]) -> bool:
        """Return whether all its transcriptions are there and not older than it."""
        if self.path is None:
            return False
        try:
            read_s = self.path.stat().st_mtime
            return all(output.stat().st_mtime >= read_s for output in outputs)
        except OSError:
            return False

    def read(self) -> bytes:
        """Return its content.

        Raises:
            FilesError: it is empty, or larger than a server takes.
            OSError: it cannot be read.
        """
        if self.data is not None:
            data = self.data
        elif self.path is None:
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with self.path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        if not data:
            raise FilesError(f"{self.name} is empty")
        if len(data) > MOST_BYTES:
            raise FilesError(f"{self.name} is larger than {MOST_BYTES >> 20} MiB")
        return data


def find_recordings(names: Sequence[str], out: Path | None) -> list[RecordingFile]:
    """Return the recordings that are named, and those in the folders that are named, in order.

    In a folder, files with the name of a recording count; hidden ones, links and what lies in `out` are left out.

    Raises:
        FilesError: a name is no file, a folder has no recording, standard input is named twice, or two recordings
            would be written to the same place.
    """
    found = [recording for name in names for recording in _recordings(name, out)]
    if sum(recording.path is None for recording in found) > 1:
        raise FilesError(f"{STDIN} can be named once")
    places: dict[PurePath, RecordingFile] = {}
    for recording in found:
        other = places.setdefault(recording.inside.with_suffix(""), recording)
        if out is not None and other is not recording:
            same = recording.output(out, Format.TEXT).with_suffix("")
            raise FilesError(f"{other.name} and {recording.name} would both be written to {same}.*")
    return found


def _recordings(name: str, out: Path | None) -> Iterator[RecordingFile]:
    path = Path(name)
    if name == STDIN:
        yield RecordingFile(None, PurePath("standard input"))
    elif path.is_dir():
        inside = [
            RecordingFile(file, file.relative_to(path))
            for file in files_in(path, out.resolve() if out is not None else None)
            if file.suffix.lower() in KNOWN
        ]
        if not inside:
            raise FilesError(f"the folder {name} has no recording")
        yield from inside
    elif path.is_file() and not path.stat().st_size:
        raise FilesError(f"{name} is empty")
    elif path.exists():  # a pipe of the shell will do
        yield RecordingFile(path, PurePath(path.name))
    else:
        raise FilesError(f"there is no file {name}")
