/** Every error that the client throws: `DragomanError` is an answer of the server, `ClientError` a failure on this side. */

import { ERRORS } from "./generated/families.js";
import type { ErrorCode } from "./generated/messages.js";
import type { Translation } from "./results.js";

/** The server answered with an error. `message` is its sentence. */
export class DragomanError extends Error {
  override readonly name = "DragomanError";

  constructor(
    /** What went wrong, for programs; a code that this version does not know is `internal`. */
    readonly code: ErrorCode,
    message: string,
    /** Whether the same request may succeed later. */
    readonly retryable: boolean,
    /** When it may, where the server knows it. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

export type ClientErrorCode =
  "server_unreachable" | "timed_out" | "connection_closed" | "bad_answer" | "invalid_argument" | "translation_failed";

/** A failure on this side of the sockets. */
export class ClientError extends Error {
  override readonly name: string = "ClientError";

  constructor(
    readonly code: ClientErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** No server answers: it is not running, or an endpoint is wrong. */
export class ServerUnreachable extends ClientError {
  override readonly name = "ServerUnreachable";

  constructor(message: string, options?: ErrorOptions) {
    super("server_unreachable", message, options);
  }
}

/** The server was silent for too long; the sentence says what was waited for. */
export class TimedOut extends ClientError {
  override readonly name = "TimedOut";

  constructor(message: string, options?: ErrorOptions) {
    super("timed_out", message, options);
  }
}

/** The client was closed, or lost its reader of events. */
export class ConnectionClosed extends ClientError {
  override readonly name = "ConnectionClosed";

  constructor(message: string, options?: ErrorOptions) {
    super("connection_closed", message, options);
  }
}

/** The server sent something that this version of the client cannot read. */
export class BadAnswer extends ClientError {
  override readonly name = "BadAnswer";

  constructor(message: string, options?: ErrorOptions) {
    super("bad_answer", message, options);
  }
}

/** An argument is wrong or too large; nothing was sent. */
export class InvalidArgument extends ClientError {
  override readonly name = "InvalidArgument";

  constructor(message: string, options?: ErrorOptions) {
    super("invalid_argument", message, options);
  }
}

/** Of several target languages some, or all, failed. */
export class TranslationFailed extends ClientError {
  override readonly name = "TranslationFailed";

  constructor(
    /** The languages that worked. */
    readonly results: Readonly<Record<string, Translation>>,
    /** The languages that failed, each with the server's error. */
    readonly errors: Readonly<Record<string, DragomanError>>,
  ) {
    const said = Object.entries(errors).map(([language, error]) => `${language}: ${error.code}: ${error.message}`);
    super("translation_failed", `no translation for ${said.join("; ")}`);
  }
}

/** @internal Builds the error of an event, or of an entry in `failedLanguages`. */
export function errorOf(fields: Readonly<Record<string, unknown>>): DragomanError | undefined {
  const { errorCode, error, retryable, retryAfterMs } = fields;
  if (typeof errorCode !== "string" || typeof error !== "string") return undefined;
  const known = ERRORS[errorCode];
  return new DragomanError(
    known === undefined ? "internal" : (errorCode as ErrorCode),
    error === "" ? errorCode : error,
    typeof retryable === "boolean" ? retryable : (known?.retryable ?? false),
    typeof retryAfterMs === "number" ? retryAfterMs : undefined,
  );
}
