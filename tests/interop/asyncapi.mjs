// Validates the AsyncAPI document on stdin with AsyncAPI's own parser; prints its diagnostics as one JSON list.
// The severities: 0 error, 1 warning, 2 information, 3 hint.

import { Parser } from "@asyncapi/parser";
import { text } from "node:stream/consumers";

const { diagnostics } = await new Parser().parse(await text(process.stdin));
console.log(
  JSON.stringify(diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path }))),
);
