const { readFileSync, rmSync } = require("node:fs");

const FOLDER = ".build/coverage/report";

// Marks of instrumented code are numbered through all contracts: code that an earlier run has compiled may bear those of others.
rmSync(".build/coverage", { recursive: true, force: true });

module.exports = {
  skipFiles: ["mocks"],
  istanbulFolder: FOLDER,
  istanbulReporter: ["html", "text", "json-summary"],
  // Tests of tools, gas or compiler settings say nothing about lines, and instrumented code would fail them.
  mocha: { timeout: 600_000, grep: "@uninstrumented", invert: true },
  onIstanbulComplete() {
    rmSync("coverage.json"); // the plugin's raw data, always written to the top level
    const { total } = JSON.parse(readFileSync(`${FOLDER}/coverage-summary.json`, "utf8"));
    const gaps = ["lines", "branches", "functions", "statements"]
      .filter((kind) => total[kind].covered < total[kind].total)
      .map((kind) => `${kind} ${total[kind].covered} of ${total[kind].total}`);
    if (gaps.length > 0)
      throw new Error(`Coverage must be 100 %, but is: ${gaps.join(", ")}. See ${FOLDER}/index.html.`);
  },
};
