// Preloaded into each process of a command that is measured: at its end it adds its peak of memory, in KiB, to the file that PEAKS
// names. As Linux tells it: resourceUsage().maxRSS also counts what the process had that started this one.
const { appendFileSync, readFileSync } = require("node:fs");

process.on("exit", () => {
  const [, peak] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  appendFileSync(process.env.PEAKS, `${peak}\n`);
});
