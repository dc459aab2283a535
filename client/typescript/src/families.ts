/** The request families, as the server's own table has them. */

import { FAMILIES, type Family } from "./generated/families.js";

const DEFAULT_TYPE = "translation";

const UNKNOWN: Family = {
  name: "",
  aliases: [],
  served: false,
  prefix: false,
  control: false,
  perLanguage: false,
  events: [],
  pieces: [],
  error: "request_rejected",
};

const ALIASES = new Map(FAMILIES.flatMap((family) => family.aliases.map((alias) => [alias, family.name] as const)));
const EXACT = new Map(FAMILIES.filter((family) => !family.prefix).map((family) => [family.name, family]));
// The longest first: the name of one may begin with that of another.
const PREFIXES = FAMILIES.filter((family) => family.prefix).sort((one, other) => other.name.length - one.name.length);
const CONTROL = FAMILIES.filter((family) => family.control);

/** Types of control requests. */
export const CONTROL_TYPES: ReadonlySet<string> = new Set(CONTROL.map((family) => family.name));

/** Types of the events that answer control requests. */
export const CONTROL_ANSWERS: ReadonlySet<string> = new Set(CONTROL.flatMap((family) => family.events));

/** Types of events that come at most once for a target language: a second one is a repeat. */
export const ONCE: ReadonlySet<string> = new Set([
  "accepted",
  "task_finished",
  ...FAMILIES.flatMap((family) => family.events),
  ...FAMILIES.map((family) => family.error).filter((error) => error !== "request_rejected"),
]);

/** Types of the events that answer a request bit by bit: many of one type, told apart by their `index`. */
export const PIECES: ReadonlySet<string> = new Set(FAMILIES.flatMap((family) => family.pieces));

/** Resolves the other name of a type; a request without one is a translation. */
export function canonicalType(type: string | null | undefined): string {
  const name = type ?? DEFAULT_TYPE;
  return ALIASES.get(name) ?? name;
}

/** Finds the family of a type that `canonicalType` returned. */
export function familyOf(type: string): Family {
  return EXACT.get(type) ?? PREFIXES.find((family) => type.startsWith(family.name)) ?? UNKNOWN;
}
