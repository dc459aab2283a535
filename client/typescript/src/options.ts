/** The options of the client and of its calls. */

import type { Codec, Limits, ReceivedEvent } from "./frames.js";
import type { AudioProcessRequest, SpeakRequest, TaskProgress, TranslationRequest } from "./generated/messages.js";

/** Where the server is, and how patient the client. Times are in milliseconds. */
export interface ClientOptions {
  /** Endpoint that takes requests, `tcp://HOST` for the default ports; by default `tcp://127.0.0.1:5555`. */
  readonly requests?: string | undefined;
  /** Endpoint that publishes routed events; by default on the same host, 4 ports above the requests. */
  readonly routed?: string | undefined;
  /** The name under which this client is answered (`replyTo`); by default a random one. */
  readonly peer?: string | undefined;
  /** How headers are encoded, both ways; by default `msgpack`. */
  readonly codec?: Codec | undefined;
  /** Without a new event of a request, before `TimedOut`; by default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** For the server's first answer, before `ServerUnreachable`; by default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Without `accepted`, before a request is repeated; doubled up to 5,000. By default 1,000. */
  readonly resendMs?: number | undefined;
  /** Without an event of an accepted task, before its stored events are asked for; by default 10,000. */
  readonly pollMs?: number | undefined;
  /** How often a call sends again what met a retryable error, after the time that the server names; by default 0. */
  readonly retries?: number | undefined;
  /** Sizes past which a request is not even sent. */
  readonly limits?: Partial<Limits> | undefined;
  /** Called when the server is lost. What is in flight goes on when it is back. */
  readonly onDisconnect?: (() => void) | undefined;
  /** Called when the server answers again. */
  readonly onReconnect?: (() => void) | undefined;
  /** Called when the server said that it stops; it works on for so many milliseconds. */
  readonly onStopping?: ((drainMs: number) => void) | undefined;
}

/** What `Client.events` takes beside the request. */
export interface EventOptions {
  /** Binary frames by name, for example `{ audio: recording }`. */
  readonly binaries?: Readonly<Record<string, Uint8Array>> | undefined;
  /** Instead of the client's. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with its reason, and cancels the task at the server. */
  readonly signal?: AbortSignal | undefined;
  /** Leaves the task at the server alone when the wait ends early; its events are kept there for `Client.result`. */
  readonly detach?: boolean | undefined;
}

/** What every call takes. */
export interface CallOptions extends Omit<EventOptions, "binaries"> {
  /** To cancel the task, or to repeat it safely; by default a random one. */
  readonly taskId?: string | undefined;
  /** Echoed in the events. */
  readonly messageId?: string | undefined;
  /** Which requests go first; by default `normal`. */
  readonly priority?: TranslationRequest["priority"] | undefined;
  /** `use` (the default) takes what is known, `refresh` has it computed and kept, `off` neither takes nor keeps. */
  readonly cache?: TranslationRequest["cache"] | undefined;
  /** The server gives up this many milliseconds after the request arrived. */
  readonly deadlineMs?: number | undefined;
  /** Called with each `task_progress` event. */
  readonly onProgress?: ((progress: TaskProgress) => void) | undefined;
  /** Called with every event as it comes. */
  readonly onEvent?: ((event: ReceivedEvent) => void) | undefined;
}

/** What terms become: a text, a text for each language, or null for a term that stays. */
export type Glossary = NonNullable<TranslationRequest["glossary"]>;

export interface TranslateOptions extends CallOptions {
  /** The text's language, or `auto` (the default). */
  readonly from?: string | undefined;
  readonly modelType?: string | undefined;
  readonly glossary?: Glossary | undefined;
  /** What the text is a file of; a text whose format is stated may be as long as a document. */
  readonly format?: TranslationRequest["format"] | undefined;
  /** The columns of a CSV file that are translated. */
  readonly columns?: readonly string[] | undefined;
}

export interface TranscribeOptions extends CallOptions {
  /** What is spoken; by default the model finds out. */
  readonly language?: string | undefined;
  /** Whether each segment is to say where its words are. */
  readonly wordTimestamps?: boolean | undefined;
  /** Subtitles that are wanted as `srt` and `vtt` of the transcription. */
  readonly formats?: readonly ("srt" | "vtt")[] | undefined;
  /** Names and terms that are probably said. */
  readonly vocabulary?: readonly string[] | undefined;
  /** Which audio track is heard, from 0; by default the usual one, or the first with speech. */
  readonly audioTrack?: number | undefined;
}

export interface VoiceOptions extends CallOptions {
  /** Target languages. */
  readonly to: string | readonly string[];
  /** What is probably spoken; it counts where the model is unsure. */
  readonly language?: string | undefined;
  /** `premium` asks for the best models and voices, however slow. */
  readonly modelType?: string | undefined;
  /** The voice that speaks, by name: one for all languages, or one for each. */
  readonly voice?: string | Readonly<Record<string, string>> | undefined;
  /** 0.5 to 2; 1 is the voice's own pace. */
  readonly speed?: number | undefined;
  /** For example `wav`, or `ogg`, which is Opus and a tenth of the size; by default the server's. */
  readonly outputFormat?: AudioProcessRequest["outputFormat"] | undefined;
  readonly glossary?: Glossary | undefined;
  /** Names and terms that are probably said. */
  readonly vocabulary?: readonly string[] | undefined;
}

export interface SpeakOptions extends CallOptions {
  /** The language of the text; by default the server finds out. */
  readonly language?: string | undefined;
  /** By name; by default the usual one of the language. */
  readonly voice?: string | undefined;
  /** `premium` asks for the best voice of the language, however slow. */
  readonly modelType?: string | undefined;
  /** 0.5 to 2; 1 is the voice's own pace. */
  readonly speed?: number | undefined;
  /** For example `wav`, `ogg` (Opus), `mp3` or `pcm`; by default the server's. */
  readonly outputFormat?: SpeakRequest["outputFormat"] | undefined;
}

/** @internal Returns the options that are fields of the request. */
export function requestFields(options: CallOptions): Record<string, unknown> {
  const { taskId, messageId, priority, cache, deadlineMs, onProgress } = options;
  const progress = onProgress === undefined ? undefined : true;
  return { taskId, messageId, priority, cache, timeoutMs: deadlineMs, progress };
}
