/**
 * Client of Dragoman, a message server in front of translation, transcription and speech models.
 *
 *     await using client = await Client.connect();
 *     console.log((await client.translate("Good morning", { to: "pt" })).text);
 */

export { Client, type Recording } from "./client.js";
export {
  BadAnswer,
  ClientError,
  type ClientErrorCode,
  ConnectionClosed,
  DragomanError,
  InvalidArgument,
  ServerUnreachable,
  TimedOut,
  TranslationFailed,
} from "./errors.js";
export type { EventStream } from "./event-stream.js";
export {
  type Binaries,
  type Codec,
  type Limits,
  type OtherRequest,
  type ReceivedEvent,
  errorOfEvent,
} from "./frames.js";
export type * from "./generated/messages.js";
export type {
  CallOptions,
  ClientOptions,
  EventOptions,
  Glossary,
  SpeakOptions,
  TranscribeOptions,
  TranslateOptions,
  VoiceOptions,
} from "./options.js";
export type { SpokenTranslation, Translation, VoiceResult } from "./results.js";
export type { Speech, SpeechPiece, VoicePiece } from "./speech.js";
