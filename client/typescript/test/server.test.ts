/** The client against a real server whose engines echo; DRAGOMAN_SOCKETS__REQUESTS and __ROUTED say where it is. */

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Client, type ClientOptions, type ReceivedEvent, type SpeechPiece, errorOfEvent } from "../src/index.js";

const RATE_HZ = 16_000;

async function connected(t: TestContext, options: ClientOptions = {}): Promise<Client> {
  const client = await Client.fromEnv(options);
  t.after(() => client.close());
  return client;
}

/** A mono 16-bit WAV of one tone, half a second long. */
function tone(): Buffer {
  const samples = Int16Array.from(
    { length: RATE_HZ / 2 },
    (_, at) => 6000 * Math.sin((2 * Math.PI * 330 * at) / RATE_HZ),
  );
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    header.writeUInt16LE(value, at);
  header.writeUInt32LE(RATE_HZ, 24);
  header.writeUInt32LE(2 * RATE_HZ, 28);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

for (const codec of ["json", "msgpack"] as const) {
  test(`a text is translated, headers in ${codec}`, async (t) => {
    const client = await connected(t, { codec });
    assert.equal((await client.translate("Hello", { from: "en", to: "pt" })).text, "[pt] Hello");
    const both = await client.translate("Hello", { from: "en", to: ["pt", "en"] });
    assert.equal(both["pt"]?.text, "[pt] Hello");
    assert.equal(both["en"]?.model, "identity");
  });

  test(`a voice message is transcribed and spoken in other languages, headers in ${codec}`, async (t) => {
    const client = await connected(t, { codec });
    const transcription = await client.transcribe(tone(), { wordTimestamps: true, formats: ["srt"] });
    assert.equal(transcription.source, "whisper");
    assert.equal(transcription.durationMs, 500);
    assert.equal(typeof transcription.srt, "string");
    const { audios, failed } = await client.voice(tone(), { to: ["fr", "es"] });
    assert.deepEqual(Object.keys(audios).sort(), ["es", "fr"]);
    assert.equal(Buffer.from(audios["fr"]?.audio ?? []).toString("latin1", 0, 4), "RIFF");
    assert.deepEqual(failed, {});
  });
}

test("the server answers what it is asked", async (t) => {
  const client = await connected(t);
  assert.equal((await client.ping()).translator_status, "alive");
  assert.ok("engines" in (await client.stats()));
  assert.ok(Array.isArray((await client.voices()).voices));
  assert.ok(Array.isArray((await client.languages()).pairs));
  assert.equal(await client.cancel("no such task"), "unknown");
  assert.equal(await client.result("no such task"), undefined);
});

test("the stored events of a task come again", async (t) => {
  const client = await connected(t);
  await client.translate("Hello", { from: "en", to: "pt", taskId: "again" });
  const events = await client.result("again");
  assert.deepEqual(
    events?.map((event) => event.type),
    ["translation_completed", "task_finished"],
  );
});

test("errors of the server are thrown with their code", async (t) => {
  const client = await connected(t);
  await assert.rejects(client.translate("", { to: "pt" }), { code: "invalid_request" });
  await assert.rejects(client.translate("__raise__", { from: "en", to: "pt" }), {
    code: "engine_failed",
    retryable: true,
  });
  await assert.rejects(client.translate("Hello", { from: "x".repeat(36), to: "pt" }), /sourceLanguage/);
  const events: ReceivedEvent[] = [];
  for await (const event of client.events({ type: "weather" })) events.push(event);
  assert.equal(events[0]?.type, "request_rejected");
  assert.equal(events[0] && errorOfEvent(events[0])?.code, "unknown_type");
});

test("a hundred calls run at once", async (t) => {
  const client = await connected(t);
  const numbers = Array.from({ length: 100 }, (_, index) => `number ${index}`);
  const texts = await Promise.all(numbers.map((text) => client.translate(text, { from: "en", to: "pt" })));
  assert.deepEqual(
    texts.map(({ text }) => text),
    numbers.map((text) => `[pt] ${text}`),
  );
});

test("an abort stops the task at the server", async (t) => {
  const client = await connected(t);
  const stats = (await client.stats()) as unknown as { engines: Record<string, { pids: number[] }> };
  const [child] = stats.engines["translation"]?.pids ?? [];
  assert.ok(child !== undefined);
  process.kill(child, "SIGSTOP"); // it neither does nor loses what it is given
  try {
    const abort = new AbortController();
    const onEvent = (event: ReceivedEvent): void => {
      if (event.type === "accepted") abort.abort();
    };
    const call = client.translate("Hello there", {
      from: "en",
      to: "pt",
      taskId: "aborted",
      signal: abort.signal,
      onEvent,
    });
    await assert.rejects(call, { name: "AbortError" });
    const events = await client.result("aborted");
    const end = events?.find((event) => event.type === "task_finished");
    assert.equal(end?.type === "task_finished" && end.status, "cancelled");
  } finally {
    process.kill(child, "SIGCONT");
  }
});

test("a text is spoken, whole and in pieces that are the whole", async (t) => {
  const client = await connected(t);
  const text = "Hello there. How are you?";
  const options = { language: "en", outputFormat: "pcm", cache: "off" } as const;
  const speech = await client.speak(text, options);
  assert.match(speech.mimeType, /^audio\/pcm/);
  assert.ok(speech.durationMs > 0);
  assert.equal(speech.language, "en");
  const pieces: SpeechPiece[] = [];
  for await (const piece of client.speakPieces(text, options)) pieces.push(piece);
  assert.deepEqual(
    pieces.map(({ index, last }) => [index, last]),
    pieces.map((_, index) => [index, index === pieces.length - 1]),
  );
  assert.ok(pieces.length > 1);
  assert.deepEqual(Buffer.concat(pieces.map(({ audio }) => audio)), Buffer.from(speech.audio));
  await assert.rejects(client.speak(text, { language: "en", voice: "nobody" }), { code: "invalid_request" });
  await assert.rejects(client.speakPieces(text, { language: "en", voice: "nobody" }).next(), /nobody/);
});

test("a recording is transcribed and spoken piece by piece, as it is in whole", async (t) => {
  const client = await connected(t);
  const recording = Buffer.alloc(64_000, 1);
  const options = { language: "en", cache: "off" } as const;
  const whole = await client.transcribe(recording, options);
  const texts: string[] = [];
  for await (const segment of client.transcribePieces(recording, options)) texts.push(segment.text);
  assert.deepEqual(
    texts,
    whole.segments.map(({ text }) => text),
  );
  assert.ok(texts.length > 0);

  const message = { ...options, to: ["pt", "fr"] };
  const spoken = await client.voice(recording, message);
  const ended: string[] = [];
  for await (const piece of client.voicePieces(recording, message)) {
    assert.ok(piece.audio.length > 0);
    if (piece.last) ended.push(piece.language);
  }
  assert.deepEqual(ended.sort(), Object.keys(spoken.audios).sort());
  await assert.rejects(client.transcribePieces(recording, { language: "x".repeat(36) }).next(), /language/);
});
