import { expect } from "chai";
import { printed, printedJson, printedOutput } from "../../../sdk/base/printed";

describe("What others wrote", () => {
  it("is shown with everything escaped that could move the cursor, hide or turn what stands around it", () => {
    for (const [text, shown] of [
      ["CRD\r\u001b[2K\u001b[8m", "CRD\\r\\u{1b}[2K\\u{1b}[8m"],
      ["a\nb\tc\u0000\u007f", "a\\nb\\tc\\u{0}\\u{7f}"],
      ["\u009b31m", "\\u{9b}31m"],
      ["\u202egnp.exe\u2066\u200b\ufeff", "\\u{202e}gnp.exe\\u{2066}\\u{200b}\\u{feff}"],
      ["one\u2028two\ud800", "one\\u{2028}two\\u{d800}"],
      ["naïve 模型 🙂", "naïve 模型 🙂"],
    ] as const) {
      expect(printed(text)).to.equal(shown);
    }
  });

  it("is shortened visibly", () => {
    expect(printed("🙂".repeat(130), 10)).to.equal(`${"🙂".repeat(10)}… (120 characters more)`);
    expect(printed("x".repeat(120))).to.equal("x".repeat(120));
  });

  it("leaves to our output its lines, and its colours where the stream has any", () => {
    const output = "\u001b[32m✓\u001b[0m one\ntwo\u001b[8m\r[32m";
    expect(printedOutput(output, true)).to.equal("\u001b[32m✓\u001b[0m one\ntwo\\u{1b}[8m\\r[32m");
    expect(printedOutput(output, false)).to.equal("✓ one\ntwo\\u{1b}[8m\\r[32m");
  });

  it("reads the same to programs as JSON", () => {
    const value = { name: "a\u009b\u202e\u{e0001}\u2028é" };
    const json = printedJson(JSON.stringify(value, null, 2));
    expect(json).to.equal(`{\n  "name": "a\\u009b\\u202e\\udb40\\udc01\\u2028é"\n}`);
    expect(JSON.parse(json)).to.deep.equal(value);
  });
});
