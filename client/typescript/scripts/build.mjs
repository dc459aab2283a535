// Makes dist anew: types from the schema, then the compiler. The licence lies beside the package's README when packed.

import { spawnSync } from "node:child_process";
import { copyFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
await rm(new URL("../dist", import.meta.url), { recursive: true, force: true });
await import("./generate.mjs");
await copyFile(new URL("../../../LICENSE", import.meta.url), new URL("../LICENSE", import.meta.url));
const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
process.exitCode =
  spawnSync(process.execPath, [compiler, "--project", "."], { cwd: root, stdio: "inherit" }).status ?? 1;
