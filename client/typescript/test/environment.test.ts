/** Where the server is, as options and variables say it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointsOf, optionsFrom } from "../src/environment.js";
import { InvalidArgument } from "../src/index.js";

test("the endpoint of routed events is four ports above that of requests, where it is not named", () => {
  assert.deepEqual(endpointsOf({}), { requests: "tcp://127.0.0.1:5555", routed: "tcp://127.0.0.1:5559" });
  assert.deepEqual(endpointsOf({ requests: "tcp://gpu-2" }), {
    requests: "tcp://gpu-2:5555",
    routed: "tcp://gpu-2:5559",
  });
  assert.deepEqual(endpointsOf({ requests: "tcp://[::1]:7000" }), {
    requests: "tcp://[::1]:7000",
    routed: "tcp://[::1]:7004",
  });
  const both = { requests: "ipc:///run/a", routed: "ipc:///run/b" };
  assert.deepEqual(endpointsOf(both), both);
  for (const requests of ["ipc:///run/a", "nonsense", "tcp://a:65533"]) {
    assert.throws(() => endpointsOf({ requests }), InvalidArgument);
  }
});

test("variables name the server and the options", () => {
  assert.deepEqual(optionsFrom({ DRAGOMAN_SOCKETS__REQUESTS: "tcp://0.0.0.0:7000", OTHER: "x" }), {
    requests: "tcp://127.0.0.1:7000",
  });
  assert.deepEqual(
    optionsFrom({
      DRAGOMAN_CLIENT__SERVERS: "tcp://a:1 tcp://a:2",
      DRAGOMAN_SOCKETS__REQUESTS: "tcp://b:1",
      DRAGOMAN_CLIENT__TIMEOUT_S: "2.5",
      DRAGOMAN_CLIENT__RETRIES: "3",
      DRAGOMAN_CLIENT__PEER: " worker ",
      DRAGOMAN_CLIENT__POLL_S: "",
    }),
    { requests: "tcp://a:1", routed: "tcp://a:2", timeoutMs: 2500, retries: 3, peer: "worker" },
  );
});

test("a variable that is wrong is told by its name", () => {
  const wrong = { TIMEOUT_S: "soon", COLOUR: "red", SERVERS: "tcp://a, tcp://b" };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(() => optionsFrom({ [`DRAGOMAN_CLIENT__${name}`]: value }), {
      name: "InvalidArgument",
      message: new RegExp(`DRAGOMAN_CLIENT__${name}`),
    });
  }
});
