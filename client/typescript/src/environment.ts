/** Where the server is: from options, or from environment variables. Pure. */

import { InvalidArgument } from "./errors.js";
import type { ClientOptions } from "./options.js";

const DEFAULT_REQUESTS = "tcp://127.0.0.1:5555";
/** How far the port of routed events is above that of requests, as by default. */
const ROUTED_ABOVE = 4;
const HIGHEST_PORT = 65_535;
const TCP = /^(tcp:\/\/(?:\[[^\]]+\]|[^:[\]]+))(?::(\d+))?$/;
const ANY_ADDRESS = /^tcp:\/\/(\*|0\.0\.0\.0|\[::\]):(.+)$/;
const PREFIX = "DRAGOMAN_CLIENT__";

/** The options that variables name, with what reads them. Variables have seconds, options milliseconds. */
const VARIABLES: Readonly<Record<string, (value: number, text: string) => ClientOptions>> = {
  PEER: (_, peer) => ({ peer }),
  TIMEOUT_S: (seconds) => ({ timeoutMs: 1000 * seconds }),
  CONNECT_TIMEOUT_S: (seconds) => ({ connectTimeoutMs: 1000 * seconds }),
  RESEND_S: (seconds) => ({ resendMs: 1000 * seconds }),
  POLL_S: (seconds) => ({ pollMs: 1000 * seconds }),
  RETRIES: (retries) => ({ retries }),
};

/**
 * Returns both endpoints of a server. Those of routed events are on the host of the requests, 4 ports above them, where
 * they are not named; `tcp://HOST` stands for the default ports.
 */
export function endpointsOf(options: ClientOptions): { requests: string; routed: string } {
  const requests = options.requests ?? DEFAULT_REQUESTS;
  if (options.routed !== undefined) return { requests, routed: options.routed };
  const [, host, given] = TCP.exec(requests.trim()) ?? [];
  const port = Number(given ?? DEFAULT_REQUESTS.split(":").at(-1));
  if (host === undefined || port + ROUTED_ABOVE > HIGHEST_PORT) {
    throw new InvalidArgument(
      `requests: the endpoint of routed events cannot be derived of '${requests}'; set \`routed\` as well`,
    );
  }
  return { requests: `${host}:${port}`, routed: `${host}:${port + ROUTED_ABOVE}` };
}

/** Returns the options that variables name; empty ones are as unset. Throws where one is unknown or impossible. */
export function optionsFrom(environment: Readonly<Record<string, string | undefined>>): ClientOptions {
  let options: ClientOptions = {};
  for (const [name, given] of Object.entries(environment)) {
    const text = given?.trim();
    if (!text || !name.startsWith(PREFIX) || name === `${PREFIX}SERVERS`) continue;
    const read = VARIABLES[name.slice(PREFIX.length)];
    if (read === undefined) {
      throw new InvalidArgument(
        `${name} is no variable of the client; known are ${Object.keys(VARIABLES).join(", ")}`,
      );
    }
    const value = Number(text);
    if (Number.isNaN(value) && !name.endsWith("PEER")) throw new InvalidArgument(`${name}: '${text}' is no number`);
    options = { ...options, ...read(value, text) };
  }
  return { ...options, ...placeFrom(environment) };
}

function placeFrom(environment: Readonly<Record<string, string | undefined>>): ClientOptions {
  const servers = environment[`${PREFIX}SERVERS`]?.trim();
  if (!servers) {
    const requests = environment["DRAGOMAN_SOCKETS__REQUESTS"]?.trim();
    const routed = environment["DRAGOMAN_SOCKETS__ROUTED"]?.trim();
    return {
      ...(requests ? { requests: connectable(requests) } : {}),
      ...(routed ? { routed: connectable(routed) } : {}),
    };
  }
  const [requests, routed, ...more] = servers.split(/[\s,]+/);
  if (requests === undefined || more.length > 0 || servers.includes(",")) {
    throw new InvalidArgument(`${PREFIX}SERVERS: '${servers}' names several servers; this client works with one`);
  }
  return routed === undefined ? { requests } : { requests, routed };
}

/** Returns an endpoint to connect to: where a server binds to all addresses, that is the local one. */
function connectable(endpoint: string): string {
  const [, host, port] = ANY_ADDRESS.exec(endpoint) ?? [];
  return host === undefined ? endpoint : `tcp://${host === "[::]" ? "[::1]" : "127.0.0.1"}:${port}`;
}
