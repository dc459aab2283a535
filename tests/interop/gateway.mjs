// A gateway as existing ones are: written against version 1 of the protocol, and it knows nothing newer.
//
//   - Texts: it makes the taskId, and sends the same request again every `repeatEveryMs` until it is settled: every
//     language came, or a `translation_error` did. After `repeatForMs` it gives up.
//   - After `breakerFailures` events `translation_error` in a row it takes the translator for dead: it opens its breaker
//     and sends nothing more. A `translation_completed` between them closes the row.
//   - Voice messages: it sends them once, without a taskId and with `audioUrl: ""` beside the bytes, and knows their
//     events by messageId and attachmentId. A segment with a null in it is an error to it.
//   - Events that it does not know, it passes over.
//
// It reads one JSON document a line from stdin: first {endpoints, codec, breakerFailures, repeatEveryMs, repeatForMs},
// then {send: [{kind: "text" | "story" | "voice" | "raw", ...}]}, answered with {received: true} once the server has read
// them, and {report: true}, answered with all that it saw until then.

import { decode, encode } from "@msgpack/msgpack";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { Push, Subscriber } from "zeromq";

const TEXT_DONE = { text: "translation_completed", story: "story_text_object_translation_completed" };
const VOICE = [
  "transcription_ready",
  "audio_translation_ready",
  "audio_translations_progressive",
  "audio_translations_completed",
  "audio_process_completed",
  "audio_process_error",
];
const KNOWN = new Set(["pong", "translation_error", ...Object.values(TEXT_DONE), ...VOICE]);

class Gateway {
  #options;
  #push = new Push({ linger: 0 });
  #events = new Subscriber({ linger: 0 });
  #requests = [];
  #pings = new Map();
  #inARow = 0;
  breakerOpen = false;
  mostInARow = 0;
  unknown = [];
  complaints = [];

  constructor(options) {
    this.#options = options;
    this.#push.connect(options.endpoints.requests);
    this.#events.connect(options.endpoints.events);
    this.#events.subscribe("");
    void this.#read();
  }

  // Until the first pong the subscription may not have reached the server.
  async start() {
    const again = setInterval(() => this.#ping("start"), 100);
    await new Promise((resolve) => this.#pings.set("start", resolve) && this.#ping("start"));
    clearInterval(again);
  }

  async send(action) {
    const request = { kind: action.kind, outcome: null, sent: 0, events: [], completed: {}, errors: [] };
    this.#requests.push(request);
    if (this.breakerOpen) {
      request.outcome = "breaker open";
    } else if (action.kind === "raw") {
      await this.#push.send(Buffer.from(action.header));
    } else if (action.kind === "voice") {
      await this.#sendVoice(request, action);
    } else {
      request.header = { taskId: randomUUID(), ...action.request };
      await this.#sendText(request);
      this.#repeat(request);
    }
  }

  // The answer to a ping comes after everything that was published before it.
  async barrier() {
    const name = randomUUID();
    const answered = new Promise((resolve) => this.#pings.set(name, resolve));
    await this.#ping(name);
    await answered;
  }

  report() {
    const { breakerOpen, mostInARow, unknown, complaints } = this;
    return { breakerOpen, mostInARow, unknown, complaints, requests: this.#requests };
  }

  async #sendText(request) {
    request.sent += 1;
    await this.#push.send(this.#pack(request.header));
  }

  async #sendVoice(request, action) {
    const sound = Buffer.from(action.audio ?? "", "base64");
    const binaryFrames = { audio: 1, audioMimeType: "audio/wav", audioSize: sound.length };
    const header = {
      type: "audio_process",
      senderId: "user-1",
      conversationId: "conversation-1",
      audioUrl: "",
      audioMimeType: "audio/wav",
      ...(sound.length > 0 ? { binaryFrames } : {}),
      audioDurationMs: 500,
      mobileTranscription: null,
      generateVoiceClone: true,
      modelType: "medium",
      ...action.request,
    };
    request.header = header;
    request.sent += 1;
    await this.#push.send([this.#pack(header), ...(sound.length > 0 ? [sound] : [])]);
  }

  #repeat(request) {
    const started = Date.now();
    const timer = setInterval(async () => {
      if (request.outcome !== null || this.breakerOpen) {
        clearInterval(timer);
      } else if (Date.now() - started > this.#options.repeatForMs) {
        request.outcome = "gave up";
        clearInterval(timer);
      } else {
        await this.#sendText(request);
      }
    }, this.#options.repeatEveryMs);
  }

  async #read() {
    for await (const [header, ...binaries] of this.#events) {
      const event = header[0] === 0x7b ? JSON.parse(header.toString()) : decode(header);
      if (!KNOWN.has(event.type)) {
        this.unknown.push(event);
      } else if (event.type === "pong") {
        this.#pings.get(event.taskId)?.();
      } else if (VOICE.includes(event.type)) {
        this.#ofVoice(event, binaries);
      } else {
        this.#ofText(event);
      }
    }
  }

  #ofText(event) {
    const failed = event.type === "translation_error";
    this.#inARow = failed ? this.#inARow + 1 : 0;
    this.mostInARow = Math.max(this.mostInARow, this.#inARow);
    this.breakerOpen ||= this.#inARow >= this.#options.breakerFailures;
    const request = this.#requests.find(({ header }) => header?.taskId === event.taskId && event.taskId !== undefined);
    if (request === undefined) return;
    request.events.push(event);
    if (failed) {
      request.errors.push(event);
      request.outcome ??= "failed";
    } else if (event.type === TEXT_DONE.story) {
      request.completed = event.translations;
      request.outcome ??= "completed";
    } else {
      request.completed[event.targetLanguage] = event.result.translatedText;
      const all = request.header.targetLanguages.every((language) => language in request.completed);
      if (all) request.outcome ??= "completed";
    }
  }

  #ofVoice(event, binaries) {
    const request = this.#requests.find(
      ({ header, kind }) =>
        kind === "voice" && header.messageId === event.messageId && header.attachmentId === event.attachmentId,
    );
    if (request === undefined) return;
    const segments = [event.transcription, event.translatedAudio].flatMap((part) => part?.segments ?? []);
    for (const segment of segments) {
      const empty = Object.keys(segment).filter((name) => segment[name] === null);
      if (empty.length > 0) this.complaints.push(`${event.type}: a segment whose ${empty.join(", ")} is null`);
    }
    request.events.push({ ...event, sounds: binaries.map((sound) => sound.toString("base64")) });
    if (event.type === "audio_process_completed") request.outcome ??= "completed";
    if (event.type === "audio_process_error") request.outcome ??= "failed";
  }

  async #ping(name) {
    await this.#push.send(this.#pack({ type: "ping", taskId: name, timestamp: Date.now() }));
  }

  #pack(header) {
    return this.#options.codec === "json" ? JSON.stringify(header) : encode(header);
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const gateway = new Gateway(JSON.parse((await lines.next()).value));
await gateway.start();
console.log(JSON.stringify({ received: true }));
for await (const line of lines) {
  const { send, report } = JSON.parse(line);
  for (const action of send ?? []) await gateway.send(action);
  await gateway.barrier();
  console.log(JSON.stringify(report ? gateway.report() : { received: true }));
}
process.exit(0);
