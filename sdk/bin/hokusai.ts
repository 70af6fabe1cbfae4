#!/usr/bin/env node
// Runs the `hokusai` command in this process.

import { readFileSync } from "node:fs";
import process from "node:process";
import { printedOutput } from "../base/printed.ts";
import { runHokusai } from "./main.ts";

const write = (stream: NodeJS.WriteStream, text: string) => void stream.write(`${printedOutput(text, false)}\n`);

for (const stream of [process.stdout, process.stderr]) {
  // The reader has closed the pipe; the command still finishes its work.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

void runHokusai(process.argv.slice(2), {
  env: process.env,
  readStandardInput: () => readFileSync(0, "utf8"),
  out: (text) => write(process.stdout, text),
  err: (text) => write(process.stderr, text),
  progress: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${printedOutput(text, false)}`);
  },
}).then((code) => (process.exitCode = code));
