/** Requests to frames and frames to events. Pure: no sockets, no clock. */

import { randomUUID } from "node:crypto";
import { decode, encode } from "@msgpack/msgpack";
import { BadAnswer, DragomanError, InvalidArgument, errorOf } from "./errors.js";
import type { Event, Request } from "./generated/messages.js";

/** How headers are encoded; the server answers in the same. */
export type Codec = "msgpack" | "json";

/** A request as it is sent: the wire's field names. */
export type Header = { type: string; taskId: string } & Record<string, unknown>;

/** A request of a type that this version has no types for. */
export interface OtherRequest {
  readonly type: string & {};
  readonly taskId?: string;
  readonly [field: string]: unknown;
}

/** Binary frames by the name that `binaryFrames` gives them. */
export type Binaries = Readonly<Record<string, Uint8Array>>;

type WithBinaries<E> = E extends unknown ? E & { readonly binaries: Binaries } : never;

/** An event as it came, with the wire's field names, and its binary frames by name. `type` tells which one it is. */
export type ReceivedEvent = WithBinaries<Event>;

/** Sizes past which a request is not even sent, in bytes. */
export interface Limits {
  /** Of the header. */
  readonly headerBytes: number;
  /** Of a header with a document, or with a recording in base64. */
  readonly largeHeaderBytes: number;
  /** Of header and binary frames together. */
  readonly requestBytes: number;
}

export const DEFAULT_LIMITS: Limits = { headerBytes: 1 << 20, largeHeaderBytes: 16 << 20, requestBytes: 64 << 20 };

/** Fields whose presence allows a large header. */
const LARGE_FIELDS = ["format", "audioData", "audioBase64", "audio_data"];
const OPENING_BRACE = 0x7b;
const WHITE_SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, 0x0a]);

/** @internal Builds the header of a request; a missing `taskId` is made. */
export function headerOf(request: Request | OtherRequest): Header {
  const taskId = request.taskId ?? `task-${randomUUID().replaceAll("-", "")}`;
  if (typeof taskId !== "string" || taskId.length < 1 || taskId.length > 128) {
    throw new InvalidArgument("taskId: expected a text of 1 to 128 characters");
  }
  const given = Object.entries(request).filter(([, value]) => value !== undefined && value !== null);
  return { ...Object.fromEntries(given), type: request.type ?? "translation", taskId };
}

/** @internal Encodes a request; each binary gets a frame and a place in `binaryFrames`. */
export function pack(header: Header, binaries: Binaries, codec: Codec, limits: Limits): Buffer[] {
  const names = Object.keys(binaries);
  const places = Object.fromEntries(names.map((name, index) => [name, index + 1]));
  const named =
    names.length > 0 ? { ...header, binaryFrames: { ...(header["binaryFrames"] as object), ...places } } : header;
  const first = encodeHeader(named, codec);
  const frames = [first, ...Object.values(binaries).map((bytes) => asBuffer(bytes))];
  const large = LARGE_FIELDS.some((field) => header[field] !== undefined);
  const [limit, most] = large ? ["largeHeaderBytes", limits.largeHeaderBytes] : ["headerBytes", limits.headerBytes];
  if (first.length > most) {
    throw new DragomanError("too_large", `the header has ${first.length} bytes; the limit ${limit} is ${most}`, false);
  }
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  if (bytes > limits.requestBytes) {
    const said = `the request has ${bytes} bytes; the limit requestBytes is ${limits.requestBytes}`;
    throw new DragomanError("too_large", said, false);
  }
  return frames;
}

/** @internal Decodes the event in the frames behind the topic. */
export function unpack(frames: readonly Buffer[]): ReceivedEvent {
  const [header, ...rest] = frames;
  if (header === undefined) throw new BadAnswer("the message has no header");
  let fields: unknown;
  try {
    fields = isJson(header) ? JSON.parse(header.toString("utf8")) : decode(header);
  } catch (error) {
    throw new BadAnswer(`the header of an event is not readable: ${String(error)}`, { cause: error });
  }
  if (!isMap(fields) || typeof fields["type"] !== "string") throw new BadAnswer("the header of an event has no type");
  return { ...fields, binaries: binariesOf(fields["binaryFrames"], rest) } as unknown as ReceivedEvent;
}

/** Returns the error that an event reports; undefined where it reports none. */
export function errorOfEvent(event: ReceivedEvent): DragomanError | undefined {
  return errorOf(event as unknown as Record<string, unknown>);
}

/** @internal Returns a field of any event. */
export function fieldOf(event: ReceivedEvent, name: string): unknown {
  return (event as unknown as Record<string, unknown>)[name];
}

/** @internal Returns the target language that an event is about; undefined where it is about the whole task. */
export function languageOf(event: ReceivedEvent): string | undefined {
  const found = fieldOf(event, "targetLanguage") ?? fieldOf(event, "language");
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** @internal Tells a map from everything else that a header may hold. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function encodeHeader(header: Record<string, unknown>, codec: Codec): Buffer {
  const fields = wellFormed(header);
  return codec === "json" ? Buffer.from(JSON.stringify(fields)) : asBuffer(encode(fields, { ignoreUndefined: true }));
}

/** Puts U+FFFD for half of a surrogate pair, as of an emoji that was cut in two: it has no place in UTF-8. */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toWellFormed(), wellFormed(each)]));
}

function binariesOf(places: unknown, frames: readonly Buffer[]): Binaries {
  if (!isMap(places)) return {};
  const found: Record<string, Uint8Array> = {};
  for (const [name, place] of Object.entries(places)) {
    const frame = isMap(place) && typeof place["index"] === "number" ? frames[place["index"] - 1] : undefined;
    if (frame !== undefined) found[name] = frame;
  }
  return found;
}

function isJson(header: Buffer): boolean {
  return header.find((byte) => !WHITE_SPACE.has(byte)) === OPENING_BRACE;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
