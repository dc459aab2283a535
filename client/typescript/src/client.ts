/** The calls, on a connection to one server. */

import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "./connection.js";
import {
  ClientError,
  ConnectionClosed,
  DragomanError,
  InvalidArgument,
  ServerUnreachable,
  TimedOut,
  TranslationFailed,
} from "./errors.js";
import { endpointsOf, optionsFrom } from "./environment.js";
import { EventStream } from "./event-stream.js";
import {
  type Codec,
  DEFAULT_LIMITS,
  type Limits,
  type OtherRequest,
  type ReceivedEvent,
  errorOfEvent,
  headerOf,
  languageOf,
  pack,
} from "./frames.js";
import type {
  CancelResult,
  DetectResult,
  LanguagesResult,
  Pong,
  Request,
  StatsResult,
  TranscriptSegment,
  Transcription,
  VoicesResult,
} from "./generated/messages.js";
import {
  type CallOptions,
  type ClientOptions,
  type EventOptions,
  type SpeakOptions,
  type TranscribeOptions,
  type TranslateOptions,
  type VoiceOptions,
  requestFields,
} from "./options.js";
import { DEFAULT_PATIENCE, type Patience, RequestState } from "./request-state.js";
import {
  type Translation,
  type VoiceResult,
  passingError,
  readTranscription,
  readTranslations,
  readVoice,
  reading,
} from "./results.js";
import { keyOfType } from "./router.js";
import {
  type Speech,
  type SpeechPiece,
  type VoicePiece,
  readPiece,
  readSegment,
  readSpeech,
  readVoicePiece,
} from "./speech.js";

const PEER = /^[A-Za-z0-9._:-]{1,64}$/;
/** The first pings may be answered before the subscription has reached the server, hence the quick repeats. */
const HANDSHAKE: Patience = { ...DEFAULT_PATIENCE, resendMs: 50, resendMaxMs: 500 };
const CONNECT_TIMEOUT_MS = 5000;
/** How long a cancellation in the background may take. */
const CANCEL_TIMEOUT_MS = 5000;
/** What the server looks at of a text whose language is asked for. */
const DETECT_CHARACTERS = 4000;
const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 10_000;

/** A recording: its bytes, or the path of its file. */
export type Recording = Uint8Array | string | URL;

/** The client of one server. Any number of calls may run at once on its one pair of sockets. */
export class Client implements AsyncDisposable {
  /** The name under which this client is answered. */
  readonly peer: string;
  readonly #requests: string;
  readonly #connectTimeoutMs: number;
  readonly #patience: Patience;
  readonly #retries: number;
  readonly #codec: Codec;
  readonly #limits: Limits;
  readonly #onReconnect: (() => void) | undefined;
  readonly #connection: Connection;
  readonly #routed: string;
  #lost = false;
  #recovering = false;
  #cutAgain = false;
  #closed = false;

  private constructor(options: ClientOptions) {
    this.peer = options.peer ?? `client-${randomBytes(8).toString("hex")}`;
    if (!PEER.test(this.peer)) {
      throw new InvalidArgument(`'${this.peer}' is no peer name: 1 to 64 characters of A-Za-z0-9._:-`);
    }
    ({ requests: this.#requests, routed: this.#routed } = endpointsOf(options));
    this.#connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.#patience = {
      ...DEFAULT_PATIENCE,
      timeoutMs: options.timeoutMs ?? DEFAULT_PATIENCE.timeoutMs,
      resendMs: options.resendMs ?? DEFAULT_PATIENCE.resendMs,
      pollMs: options.pollMs ?? DEFAULT_PATIENCE.pollMs,
    };
    this.#retries = options.retries ?? 0;
    this.#codec = options.codec ?? "msgpack";
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#onReconnect = options.onReconnect;
    this.#connection = new Connection(this.#requests, this.#routed, this.peer, {
      onDisconnect: () => {
        if (this.#lost) return; // both sockets lose it
        this.#lost = true;
        options.onDisconnect?.();
      },
      onBack: () => void this.#recover(),
      onStopping: (drainMs) => options.onStopping?.(drainMs),
    });
  }

  /**
   * Connects, and waits for the server's first answer.
   *
   * Throws `ServerUnreachable` where there was none within `connectTimeoutMs`.
   */
  static async connect(options: ClientOptions = {}): Promise<Client> {
    const client = new Client(options);
    try {
      await client.#handshake();
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  /** Does the same with the options that environment variables name; those that are given come before them. */
  static async fromEnv(options: ClientOptions = {}): Promise<Client> {
    return Client.connect({ ...optionsFrom(process.env), ...options });
  }

  /** How long the server works on after it announced its stop, in ms; undefined while it is not stopping. */
  get serverStoppingMs(): number | undefined {
    return this.#connection.drainMs;
  }

  /** Closes the sockets; calls that wait throw `ConnectionClosed`. Safe to repeat. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection.flushed();
    this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Sends any request of the protocol and returns its events as they come; nothing is sent again after an error. */
  events(request: Request | OtherRequest, options: EventOptions = {}): EventStream {
    const timeoutMs = options.timeoutMs ?? this.#patience.timeoutMs;
    return this.#stream(request, options, { ...this.#patience, timeoutMs });
  }

  /** Translates a text into one language, or into several: then the translations come by language. */
  translate(text: string, options: TranslateOptions & { readonly to: string }): Promise<Translation>;
  translate(
    text: string,
    options: TranslateOptions & { readonly to: readonly string[] },
  ): Promise<Record<string, Translation>>;
  async translate(
    text: string,
    options: TranslateOptions & { readonly to: string | readonly string[] },
  ): Promise<Translation | Record<string, Translation>> {
    const languages = listOf(options.to);
    const events = await this.#attempts(
      {
        type: "translation",
        text,
        sourceLanguage: options.from ?? "auto",
        targetLanguages: languages,
        modelType: options.modelType,
        glossary: options.glossary,
        format: options.format,
        columns: options.columns,
        ...requestFields(options),
        // A long document tells how far it is, so that it does not run out of `timeoutMs`.
        ...(options.format == null ? {} : { progress: true }),
      },
      options,
    );
    const { results, errors } = reading(() => readTranslations(events, languages));
    const [first] = Object.values(errors);
    if (typeof options.to !== "string") {
      if (first !== undefined) throw new TranslationFailed(results, errors);
      return results;
    }
    if (first !== undefined) throw first;
    return results[options.to] as Translation;
  }

  /** Transcribes a recording. A long one may need a larger `timeoutMs`. */
  async transcribe(recording: Recording, options: TranscribeOptions = {}): Promise<Transcription> {
    const events = await this.#attempts(transcribeRequest(options), options, { audio: await bytesOf(recording) });
    return reading(() => readTranscription(events));
  }

  /** Turns a voice message into voice messages in other languages; those that failed are in its `failed`. */
  async voice(recording: Recording, options: VoiceOptions): Promise<VoiceResult> {
    const events = await this.#attempts(voiceRequest(options), options, { audio: await bytesOf(recording) });
    return reading(() => readVoice(events));
  }

  /** Speaks a text. */
  async speak(text: string, options: SpeakOptions = {}): Promise<Speech> {
    const events = await this.#attempts(speakRequest(text, options), options);
    return reading(() => readSpeech(events));
  }

  /**
   * Speaks a text and yields its pieces as they are ready. Throws where it cannot be spoken; nothing is sent again.
   *
   * A loop that is left early cancels the rest at the server, unless it was detached.
   */
  async *speakPieces(text: string, options: SpeakOptions = {}): AsyncGenerator<SpeechPiece, void, undefined> {
    yield* this.#pieces({ ...speakRequest(text, options), stream: true }, options, {}, readPiece);
  }

  /**
   * Transcribes a recording and yields its segments as they are recognised, in order; none is taken back.
   *
   * Throws and cancels as `speakPieces` does. The whole transcription is `transcribe`'s.
   */
  async *transcribePieces(
    recording: Recording,
    options: TranscribeOptions = {},
  ): AsyncGenerator<TranscriptSegment, void, undefined> {
    const request = { ...transcribeRequest(options), stream: true };
    yield* this.#pieces(request, options, { audio: await bytesOf(recording) }, readSegment);
  }

  /**
   * Turns a voice message into voice messages and yields pieces of them as they are spoken, of each language in order.
   *
   * Throws and cancels as `speakPieces` does; a language that fails has no last piece. What it says is `voice`'s.
   */
  async *voicePieces(recording: Recording, options: VoiceOptions): AsyncGenerator<VoicePiece, void, undefined> {
    const request = { ...voiceRequest(options), stream: true };
    yield* this.#pieces(request, options, { audio: await bytesOf(recording) }, readVoicePiece);
  }

  /** Asks whether the server is alive. */
  async ping(options: EventOptions = {}): Promise<Pong> {
    return this.#ask<Pong>({ type: "ping", timestamp: Date.now() }, options);
  }

  /** Asks for the server's statistics: the document of its operations endpoint. */
  async stats(options: EventOptions = {}): Promise<StatsResult> {
    return this.#ask<StatsResult>({ type: "stats" }, options);
  }

  /** Asks for the voices that the server has; there are none while it is loading them. */
  async voices(options: EventOptions = {}): Promise<VoicesResult> {
    return this.#ask<VoicesResult>({ type: "voices" }, options);
  }

  /** Asks which languages the server can translate, hear and speak; with `from` and `to` only those pairs. */
  async languages(
    options: EventOptions & { readonly from?: string; readonly to?: string } = {},
  ): Promise<LanguagesResult> {
    const { from: sourceLanguage, to: targetLanguage } = options;
    return this.#ask<LanguagesResult>({ type: "languages", sourceLanguage, targetLanguage }, options);
  }

  /** Asks which language a text is in. */
  async detect(text: string, options: EventOptions = {}): Promise<DetectResult> {
    return this.#ask<DetectResult>({ type: "detect", text: text.slice(0, DETECT_CHARACTERS) }, options);
  }

  /** Stops a task of this peer; says "cancelled", "finished" (too late) or "unknown". */
  async cancel(taskId: string, options: EventOptions = {}): Promise<CancelResult["status"]> {
    return (await this.#ask<CancelResult>({ type: "cancel", taskId }, options)).status;
  }

  /** Returns the stored events of a task of this peer; undefined where the server does not know it (any more). */
  async result(taskId: string, options: EventOptions = {}): Promise<ReceivedEvent[] | undefined> {
    const events: ReceivedEvent[] = [];
    for await (const event of this.events({ type: "result", taskId }, { ...options, detach: true })) {
      if (event.type === "result_unknown") return undefined;
      events.push(event);
    }
    return events;
  }

  async *#pieces<Piece>(
    request: Request | OtherRequest,
    options: CallOptions,
    binaries: EventOptions["binaries"],
    read: (event: ReceivedEvent) => Piece | undefined,
  ): AsyncGenerator<Piece, void, undefined> {
    const { timeoutMs, signal, detach } = options;
    const stream = this.events(request, { binaries, timeoutMs, signal, detach });
    let left = true;
    try {
      for await (const event of stream) {
        options.onEvent?.(event);
        // Of several languages one may fail, and the others go on.
        const ofOne = request.type === "audio_process" && languageOf(event) !== undefined;
        const error = ofOne ? undefined : errorOfEvent(event);
        if (error !== undefined) throw error;
        const piece = read(event);
        if (piece !== undefined) yield piece;
      }
      left = false;
    } catch (error) {
      left = false;
      throw error;
    } finally {
      if (left && options.detach !== true) void this.#cancelQuietly(stream.taskId);
    }
  }

  async #handshake(): Promise<void> {
    const patience = { ...HANDSHAKE, timeoutMs: this.#connectTimeoutMs };
    const ping = { type: "ping", timestamp: Date.now() } as const;
    try {
      for await (const _ of this.#stream(ping, { detach: true }, patience));
    } catch (error) {
      if (!(error instanceof TimedOut || error instanceof ServerUnreachable)) throw error;
      throw new ServerUnreachable(
        `no pong from ${this.#requests} (requests) on ${this.#routed} (routed events) within ` +
          `${this.#connectTimeoutMs / 1000} s; is the server running there, and is this its \`routed\` endpoint?`,
        { cause: error },
      );
    }
  }

  /** Waits until the server answers again; then every call asks for the events that it missed. */
  async #recover(): Promise<void> {
    this.#cutAgain = true;
    if (this.#recovering) return;
    this.#recovering = true;
    while (this.#cutAgain && !this.#closed) {
      this.#cutAgain = false;
      try {
        await this.#handshake();
      } catch (error) {
        // It went away again, or is slow to start: there is nothing to ask before it answers.
        if (error instanceof ConnectionClosed || !(error instanceof ClientError)) break;
        this.#cutAgain = true;
        continue;
      }
      this.#connection.router.reconnected();
      if (this.#lost) this.#onReconnect?.();
      this.#lost = false;
    }
    this.#recovering = false;
  }

  #stream(request: Request | OtherRequest, options: EventOptions, patience: Patience): EventStream {
    const header = { ...headerOf(request), replyTo: this.peer };
    const frames = pack(header, options.binaries ?? {}, this.#codec, this.#limits);
    const poll = headerOf({ type: "result", taskId: header.taskId, replyTo: this.peer });
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    const state = new RequestState(header, patience, performance.now(), this.#requests, bytes);
    const keys = [header.taskId];
    // A server may answer a control request without the id.
    if (state.controlAnswer !== undefined) keys.push(keyOfType(state.controlAnswer));
    const requestId = (header as Record<string, unknown>)["request_id"];
    if (typeof requestId === "string") keys.push(requestId);
    return new EventStream({
      connection: this.#connection,
      keys,
      state,
      request: frames,
      poll: pack(poll, {}, this.#codec, this.#limits),
      signal: options.signal,
      cancel: () => {
        const task = state.controlAnswer === undefined && state.type !== "result";
        if (task && options.detach !== true) void this.#cancelQuietly(header.taskId);
      },
    });
  }

  async #cancelQuietly(taskId: string): Promise<void> {
    try {
      await this.cancel(taskId, { timeoutMs: CANCEL_TIMEOUT_MS });
    } catch {
      // The caller was told of its time-out or abort; that the server works on for nothing is no further error.
    }
  }

  /** Sends a request, again after a passing error, and returns all events of the last attempt. */
  async #attempts(
    request: OtherRequest,
    options: CallOptions,
    binaries: EventOptions["binaries"] = {},
  ): Promise<ReceivedEvent[]> {
    const again = { ...request, taskId: request.taskId ?? `task-${randomUUID().replaceAll("-", "")}` };
    const { timeoutMs, signal, detach } = options;
    for (let attempt = 0; ; attempt += 1) {
      const events: ReceivedEvent[] = [];
      for await (const event of this.events(again, { binaries, timeoutMs, signal, detach })) {
        options.onEvent?.(event);
        if (event.type === "task_progress") options.onProgress?.(event);
        else events.push(event);
      }
      const error = passingError(events);
      if (error === undefined || attempt >= this.#retries) return events;
      const backoffMs = Math.min(BACKOFF_MS * 2 ** attempt, BACKOFF_MAX_MS);
      // Peers that were refused together should not come back together.
      const waitMs = (error.retryAfterMs ?? backoffMs) * (1 + Math.random() / 4);
      try {
        await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
      } catch {
        signal?.throwIfAborted();
      }
    }
  }

  async #ask<E>(request: OtherRequest, options: EventOptions): Promise<E> {
    for await (const event of this.events(request, options)) {
      const error = errorOfEvent(event);
      if (error !== undefined) throw error;
      return event as unknown as E;
    }
    throw new DragomanError("internal", "the server ended a control request without an answer", true);
  }
}

function speakRequest(text: string, options: SpeakOptions): OtherRequest {
  const { language, voice, modelType, speed, outputFormat } = options;
  return { type: "speak", text, language, voice, modelType, speed, outputFormat, ...requestFields(options) };
}

function transcribeRequest(options: TranscribeOptions): OtherRequest {
  const { language, wordTimestamps, formats, vocabulary, audioTrack } = options;
  const wanted = { language, wordTimestamps, formats, vocabulary, audioTrack };
  return { type: "transcription_only", ...wanted, ...requestFields(options) };
}

function voiceRequest(options: VoiceOptions): OtherRequest {
  return {
    type: "audio_process",
    targetLanguages: listOf(options.to),
    userLanguage: options.language,
    modelType: options.modelType,
    voice: typeof options.voice === "string" ? options.voice : undefined,
    voices: typeof options.voice === "object" ? options.voice : undefined,
    speed: options.speed,
    outputFormat: options.outputFormat,
    glossary: options.glossary,
    vocabulary: options.vocabulary,
    ...requestFields(options),
  };
}

function listOf(languages: string | readonly string[]): string[] {
  const found = typeof languages === "string" ? [languages] : [...new Set(languages)];
  if (found.length === 0 || found.includes("")) throw new InvalidArgument("to: expected one or more languages");
  return found;
}

async function bytesOf(recording: Recording): Promise<Uint8Array> {
  const bytes = recording instanceof Uint8Array ? recording : await readFile(recording);
  if (bytes.length === 0) throw new InvalidArgument("audio: the recording is empty");
  return bytes;
}
