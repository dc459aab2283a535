/** A server with bare sockets that answers as a test says. It knows nothing of the client's code. */

import { decode, encode } from "@msgpack/msgpack";
import { Publisher, Pull } from "zeromq";

export type Fields = Record<string, unknown>;

/** What the server says to a request: events, each with binary frames behind it where it has some. */
export type Answer = (request: Fields, binaries: readonly Buffer[]) => readonly (Fields | [Fields, ...Buffer[]])[];

export class FakeServer {
  /** Every request but the pings, in order of arrival. */
  readonly asked: Fields[] = [];
  readonly encodings: ("json" | "msgpack")[] = [];
  readonly requests: string;
  readonly routed: string;
  answersPings = true;
  readonly #pull: Pull;
  readonly #publisher: Publisher;
  readonly #answer: Answer;
  readonly #waiting: { holds: () => boolean; resolve: () => void }[] = [];

  private constructor(pull: Pull, publisher: Publisher, answer: Answer) {
    this.#pull = pull;
    this.#publisher = publisher;
    this.#answer = answer;
    this.requests = String(pull.lastEndpoint);
    this.routed = String(publisher.lastEndpoint);
    void this.#serve();
  }

  static async start(
    answer: Answer,
    requests = "tcp://127.0.0.1:0",
    routed = "tcp://127.0.0.1:0",
  ): Promise<FakeServer> {
    const pull = new Pull({ linger: 0 });
    const publisher = new Publisher({ linger: 0 });
    await pull.bind(requests);
    await publisher.bind(routed);
    return new FakeServer(pull, publisher, answer);
  }

  /** Publishes an event to a peer, whether it asked or not. */
  async say(peer: string, event: Fields, ...binaries: Buffer[]): Promise<void> {
    await this.#publisher.send([`${peer}\0`, encode(event), ...binaries]);
  }

  /** The requests of one type. */
  of(type: string): Fields[] {
    return this.asked.filter((request) => request["type"] === type);
  }

  /** Waits until something holds of what was asked. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (holds()) resolve();
      else this.#waiting.push({ holds, resolve });
    });
  }

  async stop(): Promise<void> {
    this.#pull.close();
    this.#publisher.close();
  }

  async #serve(): Promise<void> {
    for await (const [header, ...binaries] of this.#pull) {
      const json = header?.[0] === 0x7b;
      const request = (json ? JSON.parse(String(header)) : decode(header as Buffer)) as Fields;
      const pack = (event: Fields): Buffer | Uint8Array => (json ? Buffer.from(JSON.stringify(event)) : encode(event));
      const said = request["type"] === "ping" ? this.#pongs(request) : this.#noted(request, json, binaries);
      for (const each of said) {
        const [event, ...sounds] = Array.isArray(each) ? (each as [Fields, ...Buffer[]]) : [each as Fields];
        await this.#publisher.send([`${String(request["replyTo"])}\0`, pack(event), ...sounds]);
      }
      for (const each of this.#waiting.filter(({ holds }) => holds())) {
        this.#waiting.splice(this.#waiting.indexOf(each), 1);
        each.resolve();
      }
    }
  }

  #pongs(request: Fields): Fields[] {
    if (!this.answersPings) return [];
    const { taskId, timestamp } = request;
    const ports = { translator_port_pub: 1, translator_port_pull: 2 };
    return [{ type: "pong", taskId, timestamp, translator_status: "alive", ...ports, audio_pipeline_available: true }];
  }

  #noted(request: Fields, json: boolean, binaries: readonly Buffer[]): ReturnType<Answer> {
    this.asked.push(request);
    this.encodings.push(json ? "json" : "msgpack");
    return this.#answer(request, binaries);
  }
}

export function accepted(request: Fields, duplicate = false): Fields {
  return { type: "accepted", taskId: request["taskId"], duplicate };
}

export function finished(request: Fields, events: number, status = "completed"): Fields {
  return { type: "task_finished", taskId: request["taskId"], status, events, queueTimeMs: 1, computeTimeMs: 1 };
}

export function translated(
  request: Fields,
  language: string,
  text = `[${language}] ${String(request["text"])}`,
): Fields {
  const result = {
    messageId: null,
    translatedText: text,
    sourceLanguage: "en",
    targetLanguage: language,
    confidenceScore: 1,
    processingTime: 0.1,
    modelType: "basic",
    translatorModel: "fake",
    workerName: "",
    workerId: "",
    poolType: "",
    queueTime: 0,
    translationTime: 0.1,
    fromCache: false,
  };
  const metadata = {
    translatorVersion: "",
    modelVersion: "",
    processingNode: "",
    requestId: "",
    protocol: "zmq",
    encoding: "msgpack",
  };
  return {
    type: "translation_completed",
    taskId: request["taskId"],
    targetLanguage: language,
    timestamp: 1,
    result,
    metadata,
  };
}

export function failed(request: Fields, language: string | null, code: string, more: Fields = {}): Fields {
  return {
    type: "translation_error",
    taskId: request["taskId"],
    messageId: null,
    conversationId: null,
    targetLanguage: language,
    error: `it is ${code}`,
    errorCode: code,
    retryable: false,
    ...more,
  };
}

/** Answers translations at once, and cancellations. */
export function translating(request: Fields): Fields[] {
  if (request["type"] === "cancel") return [{ type: "cancel_result", taskId: request["taskId"], status: "cancelled" }];
  if (request["type"] !== "translation") return [];
  const languages = request["targetLanguages"] as string[];
  const done = languages.map((language) => translated(request, language));
  return [accepted(request), ...done, finished(request, done.length)];
}
