#!/usr/bin/env node
// Gives the pinned npm compiler the command line that forge expects: `--version`, or standard JSON from stdin to stdout. Path arguments are
// ignored: forge runs in the base path and passes the text of every source. Forge names sources that are imported relatively by their
// absolute path, but the compiler asks for them by a path relative to the importing source; those are read here.
import { readFileSync } from "node:fs";
import solc from "solc";

const readImport = (path) => ({ contents: readFileSync(path, "utf8") });

process.stdout.write(
  process.argv.includes("--version")
    ? `Version: ${solc.version()}\n`
    : solc.compile(readFileSync(0, "utf8"), { import: readImport }),
);
