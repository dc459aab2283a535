/** The client against a server that loses, repeats and delays on purpose. */

import assert from "node:assert/strict";
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import {
  BadAnswer,
  Client,
  type ClientOptions,
  ConnectionClosed,
  DragomanError,
  InvalidArgument,
  type ReceivedEvent,
  ServerUnreachable,
  TimedOut,
  TranslationFailed,
} from "../src/index.js";
import { type Answer, FakeServer, accepted, failed, finished, translated, translating } from "./fake-server.js";

/** So late that a test has failed before. */
const NEVER_MS = 3_600_000;
/** A busy machine may take so long to connect. */
const CONNECT_MS = 60_000;

async function serve(test: TestContext, answer: Answer = translating, options: ClientOptions = {}) {
  const server = await FakeServer.start(answer);
  // Nothing is lost here but on purpose: without repeats the requests can be counted, however slow the machine.
  const endpoints = { requests: server.requests, routed: server.routed };
  const client = await Client.connect({ ...endpoints, resendMs: NEVER_MS, connectTimeoutMs: CONNECT_MS, ...options });
  test.after(async () => {
    await client.close();
    await server.stop();
  });
  return { server, client };
}

test("a text comes back in one language, or by language in several", async (t) => {
  const { client } = await serve(t);
  assert.equal((await client.translate("Hello", { to: "pt", from: "en" })).text, "[pt] Hello");
  const several = await client.translate("Hello", { to: ["pt", "fr", "pt"] });
  assert.deepEqual(Object.keys(several), ["pt", "fr"]);
  assert.equal(several["fr"]?.model, "fake");
});

for (const codec of ["json", "msgpack"] as const) {
  test(`headers travel in ${codec}, with half an emoji mended`, async (t) => {
    const { server, client } = await serve(t, translating, { codec });
    const { text } = await client.translate("cut \ud83d", { to: "pt" });
    assert.equal(text, "[pt] cut \ufffd");
    assert.deepEqual(server.encodings, [codec]);
  });
}

test("a request says only what it was told to say", async (t) => {
  const { server, client } = await serve(t);
  await client.translate("Hello", {
    to: "pt",
    from: "en",
    taskId: "t-1",
    deadlineMs: 5000,
    glossary: { bank: "banco" },
  });
  assert.deepEqual(server.asked, [
    {
      type: "translation",
      text: "Hello",
      sourceLanguage: "en",
      targetLanguages: ["pt"],
      taskId: "t-1",
      timeoutMs: 5000,
      glossary: { bank: "banco" },
      replyTo: client.peer,
    },
  ]);
});

test("what is known of a recording, and what is wanted of it, travels with it", async (t) => {
  const { server, client } = await serve(t, (request) => [failed(request, null, "engine_failed")]);
  const vocabulary = ["Dragoman", "St. Andrews"];
  const wanted = { language: "en", wordTimestamps: true, formats: ["srt"], vocabulary, audioTrack: 1 } as const;
  await assert.rejects(client.transcribe(Buffer.from("sound"), wanted), DragomanError);
  await assert.rejects(client.voice(Buffer.from("sound"), { to: "pt", vocabulary }), DragomanError);
  const [transcription, voice] = server.asked;
  assert.deepEqual({ ...transcription, ...wanted }, transcription);
  assert.deepEqual(voice?.["vocabulary"], vocabulary);
});

test("a request that is lost on its way is sent again under the same id", async (t) => {
  let times = 0;
  const { server, client } = await serve(t, (request) => ((times += 1) < 3 ? [] : translating(request)), {
    resendMs: 20,
  });
  assert.equal((await client.translate("Hello", { to: "pt" })).text, "[pt] Hello");
  assert.equal(new Set(server.asked.map((request) => request["taskId"])).size, 1);
  assert.ok(server.asked.length >= 3);
});

test("events that were lost after the request was accepted are asked for with `result`", async (t) => {
  const answer: Answer = (request) =>
    request["type"] === "result"
      ? [translated({ ...request, text: "Hello" }, "pt"), finished(request, 1)]
      : [accepted(request)];
  const { server, client } = await serve(t, answer, { pollMs: 20 });
  assert.equal((await client.translate("Hello", { to: "pt" })).text, "[pt] Hello");
  assert.ok(server.of("result").length >= 1);
  assert.equal(server.of("result")[0]?.["replyTo"], client.peer);
});

test("an event that is missing when the task has finished is asked for before the end is told", async (t) => {
  const answer: Answer = (request) =>
    request["type"] === "result"
      ? [accepted(request, true), translated({ ...request, text: "Hello" }, "fr"), finished(request, 2)]
      : [accepted(request), translated(request, "pt"), finished(request, 2)];
  const { client } = await serve(t, answer);
  assert.deepEqual(Object.keys(await client.translate("Hello", { to: ["pt", "fr"] })), ["pt", "fr"]);
});

test("an event that comes twice is told once", async (t) => {
  const answer: Answer = (request) => {
    const one = translated(request, "pt");
    return [
      accepted(request),
      one,
      { ...one, timestamp: 2 },
      accepted(request, true),
      translated(request, "fr"),
      finished(request, 2),
    ];
  };
  const { client } = await serve(t, answer);
  const told: string[] = [];
  await client.translate("Hello", { to: ["pt", "fr"], onEvent: (event) => told.push(event.type) });
  assert.deepEqual(told, ["accepted", "translation_completed", "translation_completed", "task_finished"]);
});

test("a server that forgot an accepted task is sent the request again", async (t) => {
  let requests = 0;
  const answer: Answer = (request) => {
    if (request["type"] === "result") return [{ type: "result_unknown", taskId: request["taskId"] }];
    requests += 1;
    return requests === 1 ? [accepted(request)] : translating(request);
  };
  const { client } = await serve(t, answer, { pollMs: 20 });
  assert.equal((await client.translate("Hello", { to: "pt" })).text, "[pt] Hello");
});

test("many calls run at once on one pair of sockets, each with its own answer", async (t) => {
  const { client } = await serve(t);
  const numbers = Array.from({ length: 200 }, (_, index) => String(index));
  const texts = await Promise.all(numbers.map((text) => client.translate(text, { to: "pt" })));
  assert.deepEqual(
    texts.map(({ text }) => text),
    numbers.map((text) => `[pt] ${text}`),
  );
});

test("events come as an asynchronous iterator, typed by their `type`", async (t) => {
  const { client } = await serve(t);
  const texts: string[] = [];
  for await (const event of client.events({ type: "translation", text: "Hello", targetLanguages: ["pt"] })) {
    if (event.type === "translation_completed") texts.push(event.result.translatedText);
  }
  assert.deepEqual(texts, ["[pt] Hello"]);
});

test("binary frames have the names that the header gives them, and recordings leave as frames", async (t) => {
  const recording = Buffer.from("sound");
  let got: readonly Buffer[] = [];
  const answer: Answer = (request, binaries) => {
    got = binaries;
    const place = { index: 1, size: 3, mimeType: "audio/wav" };
    const event = {
      type: "audio_translation_ready",
      taskId: request["taskId"],
      language: "fr",
      binaryFrames: { audio: place },
    };
    return [accepted(request), [event, Buffer.from("son")], finished(request, 1)];
  };
  const { server, client } = await serve(t, answer);
  const events: ReceivedEvent[] = [];
  const request = { type: "audio_process", targetLanguages: ["fr"] } as const;
  for await (const event of client.events(request, { binaries: { audio: recording } })) events.push(event);
  assert.deepEqual(server.asked[0]?.["binaryFrames"], { audio: 1 });
  assert.deepEqual(got.map(String), ["sound"]);
  assert.equal(Buffer.from(events[1]?.binaries["audio"] ?? []).toString(), "son");
});

test("an error of the one language is thrown with its code", async (t) => {
  const { client } = await serve(t, (request) => [
    accepted(request),
    failed(request, "xx", "unsupported_language"),
    finished(request, 1, "failed"),
  ]);
  await assert.rejects(client.translate("Hello", { to: "xx" }), (error) => {
    assert.ok(error instanceof DragomanError);
    assert.equal(error.code, "unsupported_language");
    assert.equal(error.retryable, false);
    return true;
  });
});

test("of several languages the error carries those that worked", async (t) => {
  const { client } = await serve(t, (request) => [
    accepted(request),
    translated(request, "pt"),
    failed(request, "xx", "unsupported_language"),
    finished(request, 2, "partial"),
  ]);
  await assert.rejects(client.translate("Hello", { to: ["pt", "xx"] }), (error) => {
    assert.ok(error instanceof TranslationFailed);
    assert.equal(error.results["pt"]?.text, "[pt] Hello");
    assert.equal(error.errors["xx"]?.code, "unsupported_language");
    return true;
  });
});

for (const [what, answer] of [
  ["without an end", ((request) => [failed(request, "pt", "invalid_request")]) as Answer],
  [
    "with an end",
    ((request) => [
      failed(request, "pt", "invalid_request"),
      { ...finished(request, 1, "refused"), errorCode: "invalid_request" },
    ]) as Answer,
  ],
  ["as a whole", ((request) => [failed(request, null, "invalid_request")]) as Answer],
] as const) {
  test(`a request that is refused ${what} fails at once`, async (t) => {
    const { client } = await serve(t, answer, { timeoutMs: NEVER_MS });
    await assert.rejects(client.translate("Hello", { to: "pt" }), { code: "invalid_request" });
  });
}

test("a code that this version does not know is an internal error that says what was told", async (t) => {
  const { client } = await serve(t, (request) => [failed(request, "pt", "out_of_tea", { retryable: true })]);
  await assert.rejects(client.translate("Hello", { to: "pt" }), {
    code: "internal",
    message: "it is out_of_tea",
    retryable: true,
  });
});

test("what met a retryable error is sent again after the time that the server names", async (t) => {
  let times = 0;
  const answer: Answer = (request) =>
    (times += 1) === 1
      ? [failed(request, "pt", "overloaded", { retryable: true, retryAfterMs: 1 })]
      : translating(request);
  const { server, client } = await serve(t, answer, { retries: 1 });
  assert.equal((await client.translate("Hello", { to: "pt" })).text, "[pt] Hello");
  assert.equal(server.asked[0]?.["taskId"], server.asked[1]?.["taskId"]);
});

test("an abort ends the call with its reason and cancels the task at the server", async (t) => {
  const answer: Answer = (request) => (request["type"] === "translation" ? [accepted(request)] : translating(request));
  const { server, client } = await serve(t, answer);
  const abort = new AbortController();
  const call = client.translate("Hello", {
    to: "pt",
    taskId: "t-1",
    signal: abort.signal,
    onEvent: () => abort.abort(new Error("no more")),
  });
  await assert.rejects(call, /no more/);
  await server.until(() => server.of("cancel").length > 0);
  assert.equal(server.of("cancel")[0]?.["taskId"], "t-1");
});

test("a call that is detached leaves its task at the server alone", async (t) => {
  const answer: Answer = (request) => (request["type"] === "translation" ? [accepted(request)] : translating(request));
  const { server, client } = await serve(t, answer);
  const abort = new AbortController();
  const call = client.translate("Hello", {
    to: "pt",
    signal: abort.signal,
    detach: true,
    onEvent: () => abort.abort(),
  });
  await assert.rejects(call, { name: "AbortError" });
  assert.equal(await client.cancel("other"), "cancelled"); // it would have come after that of the task
  assert.deepEqual(
    server.of("cancel").map((request) => request["taskId"]),
    ["other"],
  );
});

test("with a signal that is aborted already nothing is sent", async (t) => {
  const { server, client } = await serve(t);
  await assert.rejects(client.translate("Hello", { to: "pt", signal: AbortSignal.abort() }), { name: "AbortError" });
  await client.ping();
  assert.deepEqual(server.asked, []);
});

test("a server that says nothing more is a time-out that names the task, which is cancelled", async (t) => {
  const answer: Answer = (request) => (request["type"] === "translation" ? [accepted(request)] : translating(request));
  const { server, client } = await serve(t, answer, { timeoutMs: 50 });
  await assert.rejects(client.translate("Hello", { to: "pt", taskId: "t-1" }), (error) => {
    assert.ok(error instanceof TimedOut);
    assert.match(error.message, /the translation request t-1 .*within 0\.05 s/);
    return true;
  });
  await server.until(() => server.of("cancel").length > 0);
});

test("where no server answers, connecting fails with the endpoints in its sentence", async () => {
  const endpoints = { requests: "tcp://127.0.0.1:1", routed: "tcp://127.0.0.1:2", connectTimeoutMs: 50 };
  await assert.rejects(Client.connect(endpoints), (error) => {
    assert.ok(error instanceof ServerUnreachable);
    assert.match(error.message, /127\.0\.0\.1:1 \(requests\).*127\.0\.0\.1:2 \(routed/);
    return true;
  });
  await assert.rejects(Client.connect({ requests: "nonsense", routed: "nonsense" }), ServerUnreachable);
});

test("wrong arguments are told before anything is sent", async (t) => {
  const { server, client } = await serve(t);
  await assert.rejects(Client.connect({ peer: "a b" }), InvalidArgument);
  await assert.rejects(client.translate("Hello", { to: "pt", taskId: "x".repeat(129) }), InvalidArgument);
  await assert.rejects(client.translate("Hello", { to: ["pt", ""] }), InvalidArgument);
  await assert.rejects(client.transcribe(new Uint8Array()), InvalidArgument);
  await assert.rejects(client.transcribe("no such file"), { code: "ENOENT" });
  await assert.rejects(client.translate("x".repeat(2 << 20), { to: "pt" }), { code: "too_large" });
  assert.deepEqual(server.asked, []);
});

test("calls that wait when the client is closed fail, and so do later ones", async (t) => {
  const { server, client } = await serve(t, () => []);
  const call = client.translate("Hello", { to: "pt" });
  const failing = assert.rejects(call, ConnectionClosed);
  await server.until(() => server.asked.length > 0);
  await client.close();
  await failing;
  await client.close();
  await assert.rejects(client.ping(), ConnectionClosed);
});

test("`await using` closes the client", async (t) => {
  const { server } = await serve(t);
  let outside: Client;
  {
    const endpoints = { requests: server.requests, routed: server.routed };
    await using client = await Client.connect({ ...endpoints, connectTimeoutMs: CONNECT_MS });
    outside = client;
    await client.ping();
  }
  await assert.rejects(outside.ping(), ConnectionClosed);
});

test("a loop over pieces of speech that is left early cancels the rest", async (t) => {
  const answer: Answer = (request) => {
    if (request["type"] !== "speak") return translating(request);
    const place = { index: 1, size: 3, mimeType: "audio/pcm" };
    const piece = {
      type: "speech_chunk",
      taskId: request["taskId"],
      index: 0,
      last: false,
      binaryFrames: { audio: place },
    };
    return [accepted(request), [piece, Buffer.from("son")]];
  };
  const { server, client } = await serve(t, answer);
  for await (const piece of client.speakPieces("Hello. Good-bye.")) {
    assert.equal(Buffer.from(piece.audio).toString(), "son");
    break;
  }
  await server.until(() => server.of("cancel").length > 0);
  assert.equal(server.of("cancel")[0]?.["taskId"], server.of("speak")[0]?.["taskId"]);
});

test("a loop that is left early forgets the request", async (t) => {
  const { server, client } = await serve(t);
  for await (const event of client.events({ type: "translation", text: "Hello", targetLanguages: ["pt"] })) {
    assert.equal(event.type, "accepted");
    break;
  }
  await client.ping();
  assert.deepEqual(server.of("cancel"), []);
});

test("a request whose events nobody asks for is not sent, and holds nothing", async (t) => {
  const { server, client } = await serve(t);
  const stream = client.events({ type: "translation", text: "Hello", targetLanguages: ["pt"] });
  await client.ping();
  assert.deepEqual(server.asked, []);
  await stream.return();
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});

test("a server that stops is told of", async (t) => {
  let tell: (drainMs: number) => void = () => undefined;
  const told = new Promise<number>((resolve) => (tell = resolve));
  const { server, client } = await serve(t, translating, { onStopping: (drainMs) => tell(drainMs) });
  await server.say(client.peer, { type: "server_stopping", drainMs: 1234 });
  assert.equal(await told, 1234);
  assert.equal(client.serverStoppingMs, 1234);
  await client.translate("Hello", { to: "pt" }); // another one takes new work
  assert.equal(client.serverStoppingMs, undefined);
});

for (const [what, malformed] of [
  ["translation_completed", { targetLanguage: "pt" }],
  ["transcription_completed", {}],
  ["audio_process_completed", { transcription: {} }],
  ["speech_completed", {}],
] as const) {
  test(`a malformed ${what} is told as such`, async (t) => {
    const answer: Answer = (request) => [
      accepted(request),
      { type: what, taskId: request["taskId"], ...malformed },
      finished(request, 1),
    ];
    const { client } = await serve(t, answer);
    const calls = {
      translation_completed: () => client.translate("Hello", { to: "pt" }),
      transcription_completed: () => client.transcribe(Buffer.from("sound")),
      audio_process_completed: () => client.voice(Buffer.from("sound"), { to: "pt" }),
      speech_completed: () => client.speak("Hello"),
    };
    await assert.rejects(calls[what](), BadAnswer);
  });
}

test("what is no event is passed over", async (t) => {
  const { server, client } = await serve(t, (request) => [["nonsense" as never], ...translating(request)]);
  await server.say(client.peer, "nonsense" as never);
  assert.equal((await client.translate("Hello", { to: "pt" })).text, "[pt] Hello");
});

test("after a cut of the connection the events that were missed are asked for at once", async (t) => {
  let results = 0;
  const answer: Answer = (request) => {
    if (request["type"] === "translation") return [accepted(request)];
    results += 1;
    return [translated({ ...request, text: "Hello" }, "pt"), finished(request, 1)];
  };
  const server = await FakeServer.start(answer);
  const routed = await Cuttable.before(server.routed);
  const order: string[] = [];
  const client = await Client.connect({
    requests: server.requests,
    routed: routed.endpoint,
    pollMs: NEVER_MS,
    timeoutMs: NEVER_MS,
    connectTimeoutMs: CONNECT_MS,
    onDisconnect: () => order.push("disconnect"),
    onReconnect: () => order.push("reconnect"),
  });
  t.after(async () => {
    await client.close();
    await server.stop();
    routed.close();
  });
  const call = client.translate("Hello", { to: "pt", onEvent: (event) => event.type === "accepted" && routed.cut() });
  assert.equal((await call).text, "[pt] Hello");
  assert.ok(results >= 1);
  assert.deepEqual(order, ["disconnect", "reconnect"]);
});

test("a server that is started anew is sent what it has not accepted, and its coming is told once", async (t) => {
  const first = await FakeServer.start(() => []);
  const order: string[] = [];
  const client = await Client.connect({
    requests: first.requests,
    routed: first.routed,
    resendMs: NEVER_MS,
    timeoutMs: NEVER_MS,
    connectTimeoutMs: CONNECT_MS,
    onDisconnect: () => order.push("disconnect"),
    onReconnect: () => order.push("reconnect"),
  });
  const call = client.translate("Hello", { to: "pt" });
  await first.until(() => first.asked.length > 0);
  await first.stop();
  const second = await restarted(first);
  t.after(async () => {
    await client.close();
    await second.stop();
  });
  assert.equal((await call).text, "[pt] Hello");
  assert.deepEqual(order, ["disconnect", "reconnect"]);
});

/** Starts a server in the place of one that has been stopped; its sockets may need a moment to be free. */
async function restarted(first: FakeServer): Promise<FakeServer> {
  for (;;) {
    try {
      return await FakeServer.start(translating, first.requests, first.routed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A way to a TCP endpoint that can be cut. */
class Cuttable {
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly endpoint: string,
    readonly server: Server,
  ) {}

  static async before(endpoint: string): Promise<Cuttable> {
    const port = Number(new URL(endpoint).port);
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port: own } = server.address() as { port: number };
    const way = new Cuttable(`tcp://127.0.0.1:${own}`, server);
    server.on("connection", (near) => {
      const far = connectTcp(port, "127.0.0.1");
      for (const socket of [near, far]) way.#sockets.add(socket.on("error", () => undefined));
      near.pipe(far).pipe(near);
    });
    return way;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}
