/** The events of one request, as they come. */

import type { Connection } from "./connection.js";
import type { ReceivedEvent } from "./frames.js";
import type { RequestState } from "./request-state.js";
import { Inbox } from "./router.js";

/** @internal What a stream needs; `cancel` stops the task at the server, in the background. */
export interface StreamParts {
  readonly connection: Connection;
  /** What the events of this request are known by. */
  readonly keys: readonly string[];
  readonly state: RequestState;
  readonly request: readonly Buffer[];
  readonly poll: readonly Buffer[];
  readonly signal: AbortSignal | undefined;
  readonly cancel: () => void;
}

/**
 * An asynchronous iterator over the events of one request; made by `Client.events`.
 *
 * It ends after `task_finished`, after the one answer to a control request, or after the errors of a request that was
 * refused. A loop that is left early forgets the request here, and the server goes on with it; to stop the server as
 * well, abort the `signal` or call `Client.cancel`.
 */
export class EventStream implements AsyncIterableIterator<ReceivedEvent>, AsyncDisposable {
  readonly #parts: StreamParts;
  readonly #onAbort = (): void => this.#inbox?.wake();
  /** Made with the first question: a stream that is never read holds nothing. */
  #inbox: Inbox | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #handedOn = false;

  /** @internal */
  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** The id of the task, for `Client.cancel` and `Client.result`. */
  get taskId(): string {
    return this.#parts.state.taskId;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Waits for the next event.
   *
   * Throws `TimedOut` (no new event for `timeoutMs`), `ServerUnreachable` (the same, and no server ever took the
   * request), `ConnectionClosed`, or the reason of the signal that was aborted. After a time-out or an abort the task is
   * cancelled at the server, unless it was detached.
   */
  next(): Promise<IteratorResult<ReceivedEvent, undefined>> {
    const result = this.#turn.then(() => this.#take());
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Forgets the request; safe to repeat. */
  async return(): Promise<IteratorResult<ReceivedEvent, undefined>> {
    this.#parts.state.finish();
    this.#release();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #take(): Promise<IteratorResult<ReceivedEvent, undefined>> {
    const { state } = this.#parts;
    try {
      const event = await this.#next();
      if (state.ended) this.#release();
      return event === undefined ? { done: true, value: undefined } : { done: false, value: event };
    } catch (error) {
      const sent = state.everSent && !state.ended;
      await this.return();
      if (sent) this.#parts.cancel();
      throw error;
    }
  }

  async #next(): Promise<ReceivedEvent | undefined> {
    const { connection, state, signal } = this.#parts;
    const inbox = this.#opened();
    if (this.#handedOn) {
      this.#handedOn = false;
      state.resumed(performance.now());
    }
    while (!state.ended) {
      signal?.throwIfAborted();
      if (inbox.wasCutOff()) state.reconnected(performance.now());
      // What has come already is looked at before anything is repeated or given up.
      const step = inbox.filled ? ({ do: "wait", ms: 0 } as const) : state.due(performance.now());
      if (step.do === "send") {
        const taken = await connection.send(this.#parts.request);
        state.sent(performance.now(), taken);
      } else if (step.do === "poll") {
        await connection.send(this.#parts.poll);
        state.polled(performance.now());
      } else if (step.do === "finish") {
        return state.finish();
      } else {
        const came = await inbox.get(step.ms);
        const event = came && state.see(came, performance.now());
        if (event !== undefined) {
          this.#handedOn = true;
          return event;
        }
      }
    }
    return undefined;
  }

  #opened(): Inbox {
    const { connection, keys, signal, state } = this.#parts;
    if (this.#inbox === undefined) {
      this.#inbox = new Inbox(connection.router, keys);
      signal?.addEventListener("abort", this.#onAbort, { once: true });
      if (state.ended) this.#release();
    }
    return this.#inbox;
  }

  #release(): void {
    this.#inbox?.close();
    this.#inbox?.wake();
    this.#parts.signal?.removeEventListener("abort", this.#onAbort);
  }
}
