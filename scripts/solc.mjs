#!/usr/bin/env node
// Gives the pinned npm compiler the command line that forge expects: `--version`, or standard JSON from stdin to stdout.
// Path arguments are ignored: forge hands over the text of every source.
import { readFileSync } from "node:fs";
import solc from "solc";

process.stdout.write(
  process.argv.includes("--version") ? `Version: ${solc.version()}\n` : solc.compile(readFileSync(0, "utf8")),
);
