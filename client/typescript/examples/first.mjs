// Translates a text and prints each language; DRAGOMAN_SOCKETS__* name another server.
//
// Usage: node first.mjs TEXT SOURCE TARGET...        e.g. node first.mjs "Good morning" en pt

import { Client, TranslationFailed } from "dragoman-client";

const [text, from, ...to] = process.argv.slice(2);
if (to.length === 0) {
  console.error('usage: node first.mjs TEXT SOURCE TARGET...        e.g. node first.mjs "Good morning" en pt');
  process.exit(2);
}
let client;
try {
  client = await Client.fromEnv({ retries: 3 });
  for (const [language, translation] of Object.entries(await client.translate(text, { from, to }))) {
    console.log(`${language}: ${translation.text}`);
  }
} catch (error) {
  process.exitCode = 1;
  if (error instanceof TranslationFailed) {
    for (const [language, translation] of Object.entries(error.results))
      console.log(`${language}: ${translation.text}`);
  }
  console.error(`${error.code ?? error.name}: ${error.message}`);
} finally {
  await client?.close();
}
