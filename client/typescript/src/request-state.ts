/**
 * The life of one request as its sender sees it. Pure: no sockets, no clock; the time is handed in, in milliseconds.
 *
 *     SENDING --accepted--> WORKING --task_finished--> ENDED
 *        |  ^                  |  |
 *        |  +--result_unknown--+  +--task_finished, but events are missing--> CLOSING --> ENDED
 *        +--refused, or a control answer--> ENDED
 *
 * SENDING repeats the request, WORKING asks now and then for what may have been lost, CLOSING asks a few times, for
 * what is replayed may be lost as well. After a lost connection each does so at once.
 */

import { type ClientError, ServerUnreachable, TimedOut } from "./errors.js";
import { CONTROL_ANSWERS, CONTROL_TYPES, ONCE, PIECES, canonicalType, familyOf } from "./families.js";
import { type Header, type ReceivedEvent, errorOfEvent, fieldOf, isMap, languageOf } from "./frames.js";
import type { Family } from "./generated/families.js";

/** How soon to try again where no server is connected to take the request. */
const RETRY_UNSENT_MS = 50;
/** How often a finished task is asked for what is missing of it, ever more slowly. */
const CLOSING_POLLS = 5;
/** A large request is not repeated while it may still be on its way. */
const SLOW_LINK_BYTES_PER_MS = (4 << 20) / 1000;

/** Times to wait, in milliseconds. */
export interface Patience {
  /** Without a new event, before giving up. */
  readonly timeoutMs: number;
  /** Without `accepted`, before the first repeat; doubled for each further one. */
  readonly resendMs: number;
  /** The longest wait between two repeats. */
  readonly resendMaxMs: number;
  /** Without an event of an accepted task, before asking for its stored events; doubled for each further time. */
  readonly pollMs: number;
  /** The longest wait between two such questions. */
  readonly pollMaxMs: number;
}

export const DEFAULT_PATIENCE: Patience = {
  timeoutMs: 60_000,
  resendMs: 1000,
  resendMaxMs: 5000,
  pollMs: 10_000,
  pollMaxMs: 60_000,
};

/** What the owner of a request's state is to do now. */
export type Step =
  | { readonly do: "send" }
  | { readonly do: "poll" }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "finish" };

type Phase = "sending" | "working" | "closing" | "ended";

/** Decides when to repeat, when to ask, which events are new, and when it is over. */
export class RequestState {
  readonly type: string;
  readonly taskId: string;
  /** The type of the one event that answers a control request; undefined for tasks and for `result`. */
  readonly controlAnswer: string | undefined;
  readonly #family: Family;
  readonly #languages: ReadonlySet<string>;
  readonly #patience: Patience;
  readonly #server: string;
  readonly #travelMs: number;
  readonly #refused = new Set<string>();
  readonly #seen = new Set<string>();
  #phase: Phase = "sending";
  #next: number;
  #resendMs: number;
  #pollMs: number;
  #last: number;
  #lastType: string | undefined;
  #everSent = false;
  #counted = 0;
  #held: ReceivedEvent | undefined;
  #closingPolls = 0;

  /** `server` is where requests go, for sentences; `bytes` the size of all frames of the request. */
  constructor(header: Header, patience: Patience, now: number, server: string, bytes = 0) {
    this.type = canonicalType(header.type);
    this.taskId = header.taskId;
    this.#family = familyOf(this.type);
    this.controlAnswer = this.#family.control ? this.#family.events[0] : undefined;
    this.#languages = new Set([header["targetLanguages"] ?? []].flat().filter(isLanguage));
    this.#patience = patience;
    this.#server = server;
    this.#travelMs = bytes / SLOW_LINK_BYTES_PER_MS;
    this.#next = now;
    this.#last = now;
    this.#resendMs = patience.resendMs;
    this.#pollMs = patience.pollMs;
  }

  /** Whether nothing more will come. */
  get ended(): boolean {
    return this.#phase === "ended";
  }

  /** Whether a server took the request, and may be at work on it. */
  get everSent(): boolean {
    return this.#everSent;
  }

  /** Returns the next step. Throws `TimedOut`, or `ServerUnreachable` where no server ever took the request. */
  due(now: number): Step {
    const givesUp = this.#last + this.#patience.timeoutMs;
    if (this.#phase === "closing" && this.#closingPolls > 0) {
      const askedEnough = this.#closingPolls >= CLOSING_POLLS && now >= this.#next;
      if (askedEnough || now >= givesUp) return { do: "finish" };
    }
    if (now >= givesUp) throw this.#silence();
    if (now < this.#next) return { do: "wait", ms: Math.min(this.#next, givesUp) - now };
    return { do: this.#phase === "sending" ? "send" : "poll" };
  }

  /** Starts the measurement of silence anew: the caller had an event in its hands meanwhile. */
  resumed(now: number): void {
    this.#last = now;
  }

  /** Notes that the connection was cut and is there again: what was on its way, either way, may be lost. */
  reconnected(now: number): void {
    this.#next = now;
    this.#resendMs = this.#patience.resendMs;
    this.#closingPolls = 0;
  }

  /** Notes that the request was handed to the transport, or that no server was connected to take it. */
  sent(now: number, taken: boolean): void {
    if (!taken) {
      this.#next = now + Math.min(RETRY_UNSENT_MS, this.#resendMs);
      return;
    }
    this.#everSent = true;
    this.#next = now + this.#resendMs + this.#travelMs;
    this.#resendMs = Math.min(this.#resendMs * 2, this.#longestResendMs);
  }

  /** Notes that a `result` request was sent. */
  polled(now: number): void {
    if (this.#phase !== "closing") {
      this.#next = now + this.#pollMs;
      this.#pollMs = Math.min(this.#pollMs * 2, Math.max(this.#patience.pollMaxMs, this.#patience.pollMs));
      return;
    }
    const waitMs = this.#patience.resendMs * 2 ** this.#closingPolls;
    this.#next = now + Math.min(waitMs, this.#longestResendMs);
    this.#closingPolls += 1;
  }

  /** Ends without the missing events; returns the `task_finished` that was held back for them. */
  finish(): ReceivedEvent | undefined {
    this.#phase = "ended";
    return this.#held;
  }

  /** Takes an event in; returns the event to hand on, undefined where it is not new. */
  see(event: ReceivedEvent, now: number): ReceivedEvent | undefined {
    if (this.ended || !this.#concerns(event)) return undefined;
    if (event.type === "result_unknown") return this.#unknown(event, now);
    if (event.type === "task_finished") return this.#finished(event, now);
    if (event.type === this.controlAnswer) this.#phase = "ended";
    else if (this.#phase === "sending") this.#whileSending(event);
    if (!this.#isNew(event)) return undefined;
    this.#last = now;
    this.#lastType = event.type;
    if (this.#phase === "working") {
      this.#pollMs = this.#patience.pollMs;
      this.#next = now + this.#pollMs;
    }
    return event;
  }

  get #longestResendMs(): number {
    return Math.max(this.#patience.resendMaxMs, this.#patience.resendMs);
  }

  /** Whether an event is for this request: a task, its cancellation and its `result` share one id. */
  #concerns(event: ReceivedEvent): boolean {
    if (event.type === "request_rejected") {
      const about = event.requestType;
      return (
        about === this.type || (this.controlAnswer === undefined && (about === null || !CONTROL_TYPES.has(about)))
      );
    }
    return this.controlAnswer === undefined ? !CONTROL_ANSWERS.has(event.type) : event.type === this.controlAnswer;
  }

  #whileSending(event: ReceivedEvent): void {
    if (event.type === "request_rejected") this.#phase = "ended";
    else if (event.type === "accepted" || this.type === "result") this.#phase = "working";
    else if (event.type === "translation_skipped") this.#phase = "ended";
    else if (errorOfEvent(event) !== undefined && this.#allRefused(event)) this.#phase = "ended";
  }

  /** Whether nothing more comes: one error, or one for each language in the translation families. */
  #allRefused(event: ReceivedEvent): boolean {
    const language = languageOf(event);
    if (!this.#family.perLanguage || language === undefined) return true;
    this.#refused.add(language);
    return [...this.#languages].every((each) => this.#refused.has(each));
  }

  #unknown(event: ReceivedEvent, now: number): ReceivedEvent | undefined {
    if (this.type === "result" || this.#phase === "closing") {
      this.#phase = "ended";
      return this.#held ?? event;
    }
    if (this.#phase === "working") {
      // The server forgot the task: it was started anew. Repeats are safe, so the request goes out again.
      this.#phase = "sending";
      this.#resendMs = this.#patience.resendMs;
      this.#next = now;
    }
    return undefined;
  }

  #finished(event: ReceivedEvent & { type: "task_finished" }, now: number): ReceivedEvent | undefined {
    const short = this.#counted < event.events;
    if (short && this.#held === undefined && this.type !== "result") {
      this.#phase = "closing";
      this.#held = event;
      this.#next = now;
      return undefined;
    }
    // The same one again; what is missing may follow until the wait is over.
    if (this.#phase === "closing" && short) return undefined;
    this.#phase = "ended";
    return event;
  }

  #isNew(event: ReceivedEvent): boolean {
    // Neither stored nor counted, so never a repeat.
    if (event.type === "task_progress") return true;
    const key = keyOf(event);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (event.type !== "accepted") this.#counted += 1;
    return true;
  }

  #silence(): ClientError {
    const within = `within ${this.#patience.timeoutMs / 1000} s`;
    const what = `the ${this.type} request ${this.taskId}`;
    if (!this.#everSent) return new ServerUnreachable(`no server at ${this.#server} took ${what} ${within}`);
    if (this.#phase === "sending") return new TimedOut(`no answer to ${what} from ${this.#server} ${within}`);
    return new TimedOut(`no event of ${what} ${within} after \`${this.#lastType ?? "accepted"}\``);
  }
}

/** Whether the server answers for a language; for what cannot be one it does not. */
function isLanguage(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 35;
}

/** Returns what tells an event from the others of its task, and not from a repeat of itself. */
function keyOf(event: ReceivedEvent): string {
  if (PIECES.has(event.type)) return `${event.type}\n${languageOf(event) ?? ""}\n${String(fieldOf(event, "index"))}`;
  if (ONCE.has(event.type)) return `${event.type}\n${languageOf(event) ?? ""}`;
  return `${event.type}\n${JSON.stringify(event, withoutBinaries)}`;
}

function withoutBinaries(name: string, value: unknown): unknown {
  return name === "binaries" && isMap(value) ? undefined : value;
}
