/** When a request is repeated, asked for and given up; no sockets, and a clock of the test's own. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerUnreachable, TimedOut } from "../src/errors.js";
import type { ReceivedEvent } from "../src/frames.js";
import { DEFAULT_PATIENCE, RequestState, type Step } from "../src/request-state.js";
import { type Fields, accepted, failed, finished, translated } from "./fake-server.js";

const REQUEST = { type: "translation", taskId: "t-1", text: "Hello", targetLanguages: ["pt", "fr"] };

function started(request: Fields & { type: string; taskId: string } = REQUEST): RequestState {
  const state = new RequestState(request, DEFAULT_PATIENCE, 0, "tcp://server");
  assert.deepEqual(state.due(0), { do: "send" });
  state.sent(0, true);
  return state;
}

function see(state: RequestState, event: Fields, now = 0): string | undefined {
  return state.see({ binaries: {}, ...event } as unknown as ReceivedEvent, now)?.type;
}

function waits(step: Step): number {
  assert.equal(step.do, "wait");
  return (step as { ms: number }).ms;
}

test("a request is repeated after 1, 2, 4, 5, 5 s until it is accepted", () => {
  const state = started();
  let now = 0;
  for (const expected of [1000, 2000, 4000, 5000, 5000]) {
    assert.equal(waits(state.due(now)), expected);
    now += expected;
    assert.deepEqual(state.due(now), { do: "send" });
    state.sent(now, true);
  }
  assert.equal(see(state, accepted(REQUEST), now), "accepted");
  assert.equal(waits(state.due(now)), 10_000);
});

test("an accepted task is asked for after 10, 10, 20, 40, 60, 60 s of silence", () => {
  const state = new RequestState(REQUEST, { ...DEFAULT_PATIENCE, timeoutMs: 600_000 }, 0, "tcp://server");
  state.sent(0, true);
  see(state, accepted(REQUEST));
  let now = 0;
  for (const expected of [10_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    assert.equal(waits(state.due(now)), expected);
    now += expected;
    assert.deepEqual(state.due(now), { do: "poll" });
    state.polled(now);
  }
});

test("what no server takes is tried again soon, and given up as unreachable", () => {
  const state = new RequestState(REQUEST, DEFAULT_PATIENCE, 0, "tcp://server");
  state.sent(0, false);
  assert.equal(waits(state.due(0)), 50);
  assert.throws(() => state.due(60_000), ServerUnreachable);
});

test("silence is told with the event after which it began", () => {
  const state = started();
  see(state, accepted(REQUEST));
  see(state, translated(REQUEST, "pt"), 1000);
  assert.throws(
    () => state.due(61_000),
    (error) => {
      assert.ok(error instanceof TimedOut);
      assert.equal(error.message, "no event of the translation request t-1 within 60 s after `translation_completed`");
      return true;
    },
  );
});

test("after a cut an unaccepted request is sent, and an accepted one asked for, at once", () => {
  const state = started();
  state.reconnected(100);
  assert.deepEqual(state.due(100), { do: "send" });
  state.sent(100, true);
  see(state, accepted(REQUEST), 100);
  state.reconnected(200);
  assert.deepEqual(state.due(200), { do: "poll" });
});

test("a large request is not repeated while it may still be on its way", () => {
  const state = new RequestState(REQUEST, DEFAULT_PATIENCE, 0, "tcp://server", 64 << 20);
  state.sent(0, true);
  assert.equal(waits(state.due(0)), 17_000);
});

test("events of other requests with the same id are not told", () => {
  const state = started();
  assert.equal(see(state, { type: "cancel_result", taskId: "t-1", status: "cancelled" }), undefined);
  assert.equal(see(state, { type: "result_unknown", taskId: "t-1" }), undefined);
  assert.equal(state.ended, false);
});

test("a refused request ends with the error of its last language", () => {
  const state = started();
  assert.equal(see(state, failed(REQUEST, "pt", "invalid_request")), "translation_error");
  assert.equal(state.ended, false);
  assert.equal(see(state, failed(REQUEST, "fr", "invalid_request")), "translation_error");
  assert.equal(state.ended, true);
});

test("a language that the server does not answer for is not waited for", () => {
  const state = started({ ...REQUEST, targetLanguages: ["pt", "", null, "x".repeat(36)] });
  see(state, failed(REQUEST, "pt", "invalid_request"));
  assert.equal(state.ended, true);
});

test("pieces of streamed work are told one by one, each once", () => {
  const state = started({ type: "speak", taskId: "t-1", text: "Hello" });
  const chunk = { type: "speech_chunk", taskId: "t-1" };
  see(state, accepted(REQUEST));
  assert.equal(see(state, { ...chunk, index: 0 }), "speech_chunk");
  assert.equal(see(state, { ...chunk, index: 1 }), "speech_chunk");
  assert.equal(see(state, { ...chunk, index: 1 }), undefined);
});

test("a finished task whose events do not come is told all the same, after some questions", () => {
  const state = started();
  see(state, accepted(REQUEST));
  assert.equal(see(state, finished(REQUEST, 2)), undefined);
  let now = 0;
  for (let asked = 0; asked < 5; asked += 1) {
    assert.deepEqual(state.due(now), { do: "poll" });
    state.polled(now);
    now += waits(state.due(now));
  }
  assert.deepEqual(state.due(now), { do: "finish" });
  assert.equal(state.finish()?.type, "task_finished");
});
