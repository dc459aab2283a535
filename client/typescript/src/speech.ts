/** How the events of `speak` are read, and the pieces of every stream. Pure. */

import { BadAnswer } from "./errors.js";
import type { ReceivedEvent } from "./frames.js";
import type { AudioChunk, SpeechChunk, SpeechCompleted, TranscriptSegment } from "./generated/messages.js";
import { failureOf } from "./results.js";

/** A text as speech. */
export interface Speech {
  readonly audio: Uint8Array;
  readonly mimeType: string;
  readonly durationMs: number;
  readonly sampleRateHz: number;
  /** As asked for, or as detected. */
  readonly language: string;
  /** The voice that speaks. */
  readonly voice: string;
  /** Which sentence is where in it. */
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
  /** Where it begins in the whole. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly sampleRateHz: number;
  readonly voice: string;
}

/** A piece of a voice message in one language. */
export interface VoicePiece extends SpeechPiece {
  readonly language: string;
}

/** @internal Reads the outcome of a `speak`. */
export function readSpeech(events: readonly ReceivedEvent[]): Speech {
  for (const event of events) {
    if (event.type === "speech_completed") {
      const { durationMs, sampleRateHz, language, voice, segments, warnings = [] } = event;
      return { ...soundOf(event), durationMs, sampleRateHz, language, voice, segments, warnings };
    }
  }
  throw failureOf(events);
}

/** @internal Reads a `speech_chunk`; undefined for any other event. */
export function readPiece(event: ReceivedEvent): SpeechPiece | undefined {
  return event.type === "speech_chunk" ? pieceOf(event) : undefined;
}

/** @internal Reads an `audio_chunk`; undefined for any other event. */
export function readVoicePiece(event: ReceivedEvent): VoicePiece | undefined {
  return event.type === "audio_chunk" ? { ...pieceOf(event), language: event.language } : undefined;
}

/** @internal Reads a `transcription_segment`; undefined for any other event. */
export function readSegment(event: ReceivedEvent): TranscriptSegment | undefined {
  return event.type === "transcription_segment" ? event.segment : undefined;
}

function pieceOf(event: ReceivedEvent & (AudioChunk | SpeechChunk)): SpeechPiece {
  const { index, last, startMs, durationMs, sampleRateHz, voice } = event;
  return { index, last, ...soundOf(event), startMs, durationMs, sampleRateHz, voice };
}

function soundOf(event: ReceivedEvent & (AudioChunk | SpeechChunk | SpeechCompleted)): { audio: Uint8Array; mimeType: string } {
  const audio = event.binaries["audio"];
  const place = event.binaryFrames["audio"];
  if (audio === undefined || place === undefined) throw new BadAnswer(`the event ${event.type} has no sound`);
  return { audio, mimeType: place.mimeType };
}
