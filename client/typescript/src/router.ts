/** The calls that wait, and the events that are handed to them. */

import type { ClientError } from "./errors.js";
import { type ReceivedEvent, fieldOf } from "./frames.js";

/** Events for one waiting call. */
export class Inbox {
  readonly #router: Router;
  readonly #keys: readonly string[];
  readonly #events: ReceivedEvent[] = [];
  #error: ClientError | undefined;
  #cutOff = false;
  #wake: (() => void) | undefined;

  constructor(router: Router, keys: readonly string[]) {
    this.#router = router;
    this.#keys = keys;
    router.add(keys, this);
  }

  /** Whether an event, or the end of the connection, is here. */
  get filled(): boolean {
    return this.#events.length > 0 || this.#error !== undefined;
  }

  put(event: ReceivedEvent): void {
    this.#events.push(event);
    this.wake();
  }

  /** Lets the waiting call fail, after the events that are here. */
  fail(error: ClientError): void {
    this.#error = error;
    this.wake();
  }

  /** Lets the waiting call ask for the events that it missed: the connection was cut and is there again. */
  reconnected(): void {
    this.#cutOff = true;
    this.wake();
  }

  /** Whether the connection came back since the last call of this. */
  wasCutOff(): boolean {
    const was = this.#cutOff;
    this.#cutOff = false;
    return was;
  }

  /** Ends a wait of `get` early. */
  wake(): void {
    this.#wake?.();
  }

  /** Waits for the next event; undefined where none comes within `ms`, or where the call was woken for something else. */
  async get(ms: number): Promise<ReceivedEvent | undefined> {
    if (!this.filled && !this.#cutOff && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const event = this.#events.shift();
    if (event === undefined && this.#error !== undefined) throw this.#error;
    return event;
  }

  /** Forgets the call; safe to repeat. */
  close(): void {
    this.#router.remove(this.#keys, this);
  }
}

/** The inboxes, by the task whose events they wait for. */
export class Router {
  readonly #inboxes = new Map<string, Set<Inbox>>();
  #error: ClientError | undefined;

  add(keys: readonly string[], inbox: Inbox): void {
    for (const key of keys) {
      const waiting = this.#inboxes.get(key) ?? new Set();
      this.#inboxes.set(key, waiting.add(inbox));
    }
    if (this.#error !== undefined) inbox.fail(this.#error);
  }

  remove(keys: readonly string[], inbox: Inbox): void {
    for (const key of keys) {
      const waiting = this.#inboxes.get(key);
      waiting?.delete(inbox);
      if (waiting?.size === 0) this.#inboxes.delete(key);
    }
  }

  /** Hands an event to all calls that wait for it; there may be none. */
  route(event: ReceivedEvent): void {
    for (const inbox of [...(this.#inboxes.get(keyOf(event)) ?? [])]) inbox.put(event);
  }

  /** Tells every waiting call that events may have been missed. */
  reconnected(): void {
    for (const inbox of this.#all()) inbox.reconnected();
  }

  /** Tells every call that waits, or will, that nothing comes any more. */
  fail(error: ClientError): void {
    this.#error = error;
    for (const inbox of this.#all()) inbox.fail(error);
  }

  #all(): Set<Inbox> {
    return new Set([...this.#inboxes.values()].flatMap((waiting) => [...waiting]));
  }
}

/** Returns the key of an event: its task, else its voice profile request, else its type. */
function keyOf(event: ReceivedEvent): string {
  const id = fieldOf(event, "taskId") ?? fieldOf(event, "request_id");
  return typeof id === "string" ? id : keyOfType(event.type);
}

/** Returns the key of events that name no task. */
export function keyOfType(type: string): string {
  return `type:${type}`;
}
