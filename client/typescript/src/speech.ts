/** `speak`: its messages, and how they are read. */

import { BadAnswer } from "./errors.js";
import { type ReceivedEvent, fieldOf } from "./frames.js";
import type { TranscriptSegment } from "./generated/messages.js";
import { failureOf } from "./results.js";

/** A text as speech. */
export interface Speech {
  readonly audio: Uint8Array;
  readonly mimeType: string;
  readonly durationMs: number;
  /** As asked for, or as detected. */
  readonly language: string;
  /** The voice that speaks. */
  readonly voice: string;
  readonly segments: readonly TranscriptSegment[];
  readonly warnings: readonly string[];
}

/** A piece of speech, ready before the whole is. Played one after the other, the pieces are the speech. */
export interface SpeechPiece {
  /** Counted from 0. */
  readonly index: number;
  readonly last: boolean;
  readonly audio: Uint8Array;
  readonly mimeType: string;
}

/** @internal Reads the outcome of a `speak`. */
export function readSpeech(events: readonly ReceivedEvent[]): Speech {
  const completed = events.find((event) => fieldOf(event, "type") === "speech_completed");
  if (completed === undefined) throw failureOf(events);
  return {
    ...soundOf(completed),
    durationMs: Number(fieldOf(completed, "durationMs") ?? 0),
    language: String(fieldOf(completed, "language") ?? ""),
    voice: String(fieldOf(completed, "voice") ?? ""),
    segments: (fieldOf(completed, "segments") as TranscriptSegment[] | undefined) ?? [],
    warnings: (fieldOf(completed, "warnings") as string[] | undefined) ?? [],
  };
}

/** @internal Reads a `speech_chunk`; undefined for any other event. */
export function readPiece(event: ReceivedEvent): SpeechPiece | undefined {
  if ((event.type as string) !== "speech_chunk") return undefined;
  return { index: Number(fieldOf(event, "index") ?? 0), last: fieldOf(event, "last") === true, ...soundOf(event) };
}

function soundOf(event: ReceivedEvent): { audio: Uint8Array; mimeType: string } {
  const [audio] = Object.values(event.binaries);
  const [place] = Object.values((fieldOf(event, "binaryFrames") ?? {}) as Record<string, { mimeType?: string }>);
  if (audio === undefined) throw new BadAnswer(`the event ${event.type} of the server has no sound`);
  return { audio, mimeType: place?.mimeType ?? "audio/wav" };
}
