// Translates a text and prints each language as soon as it is ready. Nothing but zeromq.js is needed.
//
// Usage: node peer.mjs TEXT SOURCE TARGET...        e.g. node peer.mjs "Good morning" en pt

import { randomUUID } from "node:crypto";
import { Push, Subscriber } from "zeromq";

const REQUESTS = process.env.DRAGOMAN_SOCKETS__REQUESTS ?? "tcp://127.0.0.1:5555";
const ROUTED = process.env.DRAGOMAN_SOCKETS__ROUTED ?? "tcp://127.0.0.1:5559";
const PING_EVERY_MS = 100;
const RESEND_EVERY_MS = 1000;
const GIVE_UP_MS = 30_000;

const name = `peer-${randomUUID()}`;
const requests = new Push({ sendTimeout: 0 });
requests.connect(REQUESTS);
const events = new Subscriber();
events.connect(ROUTED);
events.subscribe(`${name}\0`); // the NUL byte: peer-1 must not match peer-10

const send = async (request) => {
  // A time-out means: no connection yet, or a full queue. The next turn sends it.
  await requests.send(JSON.stringify({ ...request, replyTo: name })).catch(() => {});
};

// Sends `due()` now and after each silence of `everyMs`; yields the events of this task.
async function* eventsOf(taskId, due, everyMs) {
  events.receiveTimeout = everyMs;
  await send(due());
  let last = Date.now();
  while (Date.now() - last < GIVE_UP_MS) {
    const frames = await events.receive().catch(() => null);
    if (frames === null) {
      await send(due());
      continue;
    }
    const [, header] = frames; // the topic is ours; frames behind the header would be sound
    const event = JSON.parse(header.toString());
    if (event.taskId !== taskId) continue;
    last = Date.now();
    yield event;
  }
  throw new Error(`no answer from ${REQUESTS} within ${GIVE_UP_MS / 1000} s`);
}

// Until a pong comes back, the subscription may not have reached the server.
async function connect() {
  const ping = { type: "ping", taskId: randomUUID() };
  for await (const _ of eventsOf(ping.taskId, () => ping, PING_EVERY_MS)) return;
}

// Yields the events of a request, up to `task_finished` or to the error of a refusal.
async function* run(request) {
  const task = { taskId: randomUUID(), ...request };
  const again = { type: "result", taskId: task.taskId };
  const seen = new Set();
  let accepted = false;
  // Until it is accepted, the request is sent again; afterwards `result` asks for events that were lost.
  for await (const event of eventsOf(task.taskId, () => (accepted ? again : task), RESEND_EVERY_MS)) {
    accepted ||= event.type === "accepted";
    const key = `${event.type} ${event.targetLanguage}`;
    if (seen.has(key) || event.type === "result_unknown") continue; // a repeat may bring an event twice
    seen.add(key);
    yield event;
    if (event.type === "task_finished" || (!accepted && event.error !== undefined)) return;
  }
}

const [text, sourceLanguage, ...targetLanguages] = process.argv.slice(2);
if (targetLanguages.length === 0) {
  console.error('usage: node peer.mjs TEXT SOURCE TARGET...        e.g. node peer.mjs "Good morning" en pt');
  process.exit(2);
}
let failed = false;
try {
  await connect();
  for await (const event of run({ type: "translation", text, sourceLanguage, targetLanguages })) {
    if (event.type === "translation_completed") {
      console.log(`${event.targetLanguage}: ${event.result.translatedText}`);
    } else if (event.error !== undefined) {
      failed = true;
      console.error(`${event.targetLanguage ?? "error"}: ${event.error}`);
    }
  }
} catch (error) {
  failed = true;
  console.error(error.message);
}
process.exit(failed ? 1 : 0);
