/** The results of the calls, and how they are read from a task's events. Pure. */

import { BadAnswer, ClientError, DragomanError, errorOf } from "./errors.js";
import { type ReceivedEvent, errorOfEvent, languageOf } from "./frames.js";
import type {
  TaskFinished,
  Transcription,
  TranscriptSegment,
  TranslatedAudio,
  TranslationResult,
} from "./generated/messages.js";

/** A text in another language. */
export interface Translation {
  readonly text: string;
  /** As asked for, or as detected where `auto` was asked for. */
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  readonly confidence: number;
  /** The model that made it; `identity` where source and target are the same. */
  readonly model: string;
  readonly fromCache: boolean;
  readonly processingTimeS: number;
  /** A sentence for each guess or doubt of the server. */
  readonly warnings: readonly string[];
}

/** A voice message in another language. */
export interface SpokenTranslation {
  readonly text: string;
  readonly audio: Uint8Array;
  readonly mimeType: string;
  readonly durationMs: number;
  readonly segments: readonly TranscriptSegment[];
  /** The voice that speaks. */
  readonly voice: string;
  readonly warnings: readonly string[];
}

/** A voice message in other languages. */
export interface VoiceResult {
  readonly transcription: Transcription;
  /** The languages that worked. */
  readonly audios: Readonly<Record<string, SpokenTranslation>>;
  /** The languages that did not. */
  readonly failed: Readonly<Record<string, DragomanError>>;
}

const SPOKEN: ReadonlySet<string> = new Set([
  "audio_translation_ready",
  "audio_translations_progressive",
  "audio_translations_completed",
]);

/** @internal Reads events with one of the functions below; what cannot be read is a `BadAnswer`. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DragomanError || error instanceof ClientError) throw error;
    throw new BadAnswer(`an event of the server is not readable: ${String(error)}`, { cause: error });
  }
}

/** @internal Returns the error for which a retry makes sense; of several the one with the longest wait. */
export function passingError(events: readonly ReceivedEvent[]): DragomanError | undefined {
  const errors = events.map(errorOfEvent).filter((error) => error?.retryable === true);
  return errors.sort((one, other) => (other?.retryAfterMs ?? 0) - (one?.retryAfterMs ?? 0))[0];
}

/** @internal Reads translations and errors of a `translation`, by language. Throws where it was refused as a whole. */
export function readTranslations(
  events: readonly ReceivedEvent[],
  languages: readonly string[],
): { results: Record<string, Translation>; errors: Record<string, DragomanError> } {
  const results: Record<string, Translation> = {};
  const errors: Record<string, DragomanError> = {};
  for (const event of events) {
    const error = errorOfEvent(event);
    if (event.type === "translation_completed") {
      results[event.targetLanguage] = translationOf(event.result);
    } else if (event.type === "translation_skipped") {
      const said = `the text has ${event.length} characters; the limit is ${event.max_length}`;
      throw new DragomanError("too_large", said, false);
    } else if (error !== undefined) {
      const language = languageOf(event);
      if (language === undefined) throw error;
      errors[language] = error;
    }
  }
  for (const language of languages) {
    if (results[language] !== undefined) delete errors[language];
    else errors[language] ??= unanswered(events);
  }
  return { results, errors };
}

/** @internal Reads the transcription of a `transcription_only`. */
export function readTranscription(events: readonly ReceivedEvent[]): Transcription {
  for (const event of events) {
    if (event.type === "transcription_completed") return transcriptionOf(event);
  }
  throw failureOf(events);
}

/** @internal Reads the outcome of an `audio_process`. */
export function readVoice(events: readonly ReceivedEvent[]): VoiceResult {
  const audios: Record<string, SpokenTranslation> = {};
  for (const event of events) {
    if (SPOKEN.has(event.type) && "translatedAudio" in event) {
      const [audio] = Object.values(event.binaries);
      if (audio !== undefined) audios[event.language] = spokenOf(event.translatedAudio, audio);
    }
  }
  for (const event of events) {
    if (event.type !== "audio_process_completed") continue;
    for (const each of event.translatedAudios) {
      const audio = event.binaries[`audio_${each.targetLanguage}`];
      if (audio !== undefined) audios[each.targetLanguage] = spokenOf(each, audio);
      else if (audios[each.targetLanguage] === undefined) {
        throw new BadAnswer(`the audio of language '${each.targetLanguage}' is missing from its message`);
      }
    }
    const failed = event.failedLanguages.map((each) => [each.targetLanguage, errorOf({ ...each })] as const);
    return {
      transcription: transcriptionOf(event),
      audios,
      failed: Object.fromEntries(failed.filter((each): each is [string, DragomanError] => each[1] !== undefined)),
    };
  }
  throw failureOf(events);
}

/** @internal Returns the error of a task that ended without the event that was waited for. */
export function failureOf(events: readonly ReceivedEvent[]): DragomanError {
  return events.map(errorOfEvent).find((error) => error !== undefined) ?? unanswered(events);
}

function unanswered(events: readonly ReceivedEvent[]): DragomanError {
  const finished = events.find((event): event is ReceivedEvent & TaskFinished => event.type === "task_finished");
  if (finished?.status === "cancelled") return new DragomanError("cancelled", "the task was cancelled", false);
  if (finished?.status === "expired") {
    return new DragomanError("deadline_exceeded", "the task passed its deadline", false);
  }
  const said = `the task ended without this answer; its status is '${finished?.status ?? "unknown"}'`;
  return new DragomanError("internal", said, true);
}

function transcriptionOf({ transcription }: { readonly transcription: Transcription }): Transcription {
  if (typeof transcription?.text !== "string") throw new TypeError("it has no transcription");
  return transcription;
}

function translationOf(result: TranslationResult): Translation {
  return {
    text: result.translatedText,
    sourceLanguage: result.sourceLanguage,
    targetLanguage: result.targetLanguage,
    confidence: result.confidenceScore,
    model: result.translatorModel,
    fromCache: result.fromCache,
    processingTimeS: result.processingTime,
    warnings: result.warnings ?? [],
  };
}

function spokenOf(translated: TranslatedAudio, audio: Uint8Array): SpokenTranslation {
  return {
    text: translated.translatedText,
    audio,
    mimeType: translated.audioMimeType,
    durationMs: translated.durationMs,
    segments: translated.segments,
    voice: translated.voice,
    warnings: translated.warnings ?? [],
  };
}
