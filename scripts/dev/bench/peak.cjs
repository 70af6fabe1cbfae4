// Preloaded into each process of a measured command: when the process ends, its peak memory in KiB is appended to the file that PEAKS names.
// The figure is Linux's own, because resourceUsage().maxRSS also counts the memory of the process that started this one.
const { appendFileSync, readFileSync } = require("node:fs");

process.on("exit", () => {
  const [, peak] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  appendFileSync(process.env.PEAKS, `${peak}\n`);
});
