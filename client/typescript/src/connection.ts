/** The two sockets of a client: one pushes requests, the one reader of the other hands events to waiting calls. */

import { Push, Subscriber } from "zeromq";
import { BadAnswer, ConnectionClosed, ServerUnreachable } from "./errors.js";
import { type ReceivedEvent, unpack } from "./frames.js";
import { Router } from "./router.js";

/** How long the last messages may take to leave on a close. */
const LINGER_MS = 1000;
/** Events that may wait to be read. */
const HIGH_WATER_MARK = 10_000;
/** How often a silent connection is probed: a half-open one is dropped and made again. */
const HEARTBEAT_MS = 10_000;
const RECONNECT_MAX_MS = 1000;

/** What the owner of a connection is told of; every function must return at once. */
export interface ConnectionEvents {
  /** One of the sockets lost the server. */
  readonly onDisconnect: () => void;
  /** A socket that had lost the server has it again. */
  readonly onBack: () => void;
  /** The server said that it stops. */
  readonly onStopping: (drainMs: number) => void;
}

export class Connection {
  readonly router = new Router();
  /** How long the server works on after it announced its stop; undefined while it is not stopping. */
  drainMs: number | undefined;
  readonly #topic: Buffer;
  readonly #push: Push;
  readonly #subscriber: Subscriber;
  readonly #events: ConnectionEvents;
  #sending: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Throws `ServerUnreachable` where an endpoint cannot be connected to at all, as for a misspelt transport. */
  constructor(requests: string, routed: string, peer: string, events: ConnectionEvents) {
    this.#topic = Buffer.from(`${peer}\0`, "latin1");
    this.#events = events;
    const common = {
      reconnectMaxInterval: RECONNECT_MAX_MS,
      heartbeatInterval: HEARTBEAT_MS,
      heartbeatTimeout: 3 * HEARTBEAT_MS,
    };
    // It takes a request only while a server is connected: what would queue up for an absent one is late, or sent again.
    this.#push = new Push({ ...common, immediate: true, sendTimeout: 0, linger: LINGER_MS });
    this.#subscriber = new Subscriber({ ...common, receiveHighWaterMark: HIGH_WATER_MARK, linger: 0 });
    this.#subscriber.subscribe(this.#topic);
    for (const [socket, endpoint] of [
      [this.#push, requests],
      [this.#subscriber, routed],
    ] as const) {
      this.#watch(socket);
      try {
        socket.connect(endpoint);
      } catch (error) {
        this.close();
        throw new ServerUnreachable(`cannot connect to '${endpoint}': ${String(error)}`, { cause: error });
      }
    }
    void this.#read();
  }

  /** Hands a message to the transport without waiting; false where no server is connected to take it. */
  async send(frames: readonly Buffer[]): Promise<boolean> {
    // One at a time: the socket takes no second message while it has one in its hands.
    const sent = this.#sending.then(() => this.#sendNow(frames));
    this.#sending = sent.catch(() => undefined);
    return sent;
  }

  /** Stops reading and closes the sockets; calls that wait fail. The last requests still leave. Safe to repeat. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.router.fail(new ConnectionClosed("the client was closed while it waited for the server"));
    this.#subscriber.close();
    this.#push.close();
  }

  /** Returns when what was given to `send` until now is with the transport. */
  async flushed(): Promise<void> {
    await this.#sending;
  }

  async #sendNow(frames: readonly Buffer[]): Promise<boolean> {
    if (this.#closed) throw new ConnectionClosed("the client is closed");
    try {
      await this.#push.send([...frames]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw new ConnectionClosed("the client is closed", { cause: error });
    }
    return true;
  }

  #watch(socket: Push | Subscriber): void {
    let cut = false;
    socket.events.on("disconnect", () => {
      if (this.#closed || cut) return;
      cut = true;
      this.#events.onDisconnect();
    });
    socket.events.on("handshake", () => {
      if (this.#closed || !cut) return;
      cut = false;
      this.#events.onBack();
    });
  }

  async #read(): Promise<void> {
    try {
      for await (const [topic, ...frames] of this.#subscriber) {
        if (topic?.equals(this.#topic)) this.#take(frames);
      }
    } catch (error) {
      if (this.#closed) return;
      const said = `the reader of routed events died: ${String(error)}`;
      this.router.fail(new ConnectionClosed(said, { cause: error }));
    }
  }

  #take(frames: readonly Buffer[]): void {
    let event: ReceivedEvent;
    try {
      event = unpack(frames);
    } catch (error) {
      if (error instanceof BadAnswer) return; // the call that waits for it asks again, and says so if nothing else comes
      throw error;
    }
    if (event.type === "server_stopping") {
      this.drainMs = event.drainMs;
      this.#events.onStopping(event.drainMs);
    } else if (event.type === "accepted" && !event.duplicate) {
      this.drainMs = undefined; // it takes new work: another server stands there now
    }
    this.router.route(event);
  }
}
