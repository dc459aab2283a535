// Makes the types and the tables in src/generated from the schema of all messages (docs/schema/messages.json).

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const schema = JSON.parse(await readFile(new URL("../../../docs/schema/messages.json", import.meta.url), "utf8"));
const folder = new URL("../src/generated/", import.meta.url);
const note = "// Made by scripts/generate.mjs from docs/schema/messages.json. Do not edit.\n";
const { "x-families": families, "x-errors": errors, ...messages } = schema;

const types = await compile(messages, "Message", {
  additionalProperties: false,
  bannerComment: note,
  unknownAny: true,
});
const tables = `${note}
export interface Family {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly served: boolean;
  readonly prefix: boolean;
  readonly control: boolean;
  readonly perLanguage: boolean;
  readonly events: readonly string[];
  readonly pieces: readonly string[];
  readonly error: string;
}

export const FAMILIES: readonly Family[] = ${JSON.stringify(families, null, 2)};

export const ERRORS: Readonly<Record<string, { readonly retryable: boolean }>> = ${JSON.stringify(errors, null, 2)};
`;
await mkdir(folder, { recursive: true });
await writeFile(new URL("messages.ts", folder), types);
await writeFile(new URL("families.ts", folder), tables);
