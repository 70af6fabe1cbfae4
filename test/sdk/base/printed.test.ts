import { expect } from "chai";
import { printed, printedJson, printedOutput } from "../../../sdk/base/printed";

describe("sdk/base/printed", () => {
  it("printed escapes everything that could move the cursor, or hide or reverse the text around it", () => {
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

  it("printed shortens a long text visibly", () => {
    expect(printed("🙂".repeat(130), 10)).to.equal(`${"🙂".repeat(10)}… (120 characters more)`);
    expect(printed("x".repeat(120))).to.equal("x".repeat(120));
  });

  it("printedOutput keeps the lines of our own output, and its colours if the stream shows them", () => {
    const output = "\u001b[32m✓\u001b[0m one\ntwo\u001b[8m\r[32m";
    expect(printedOutput(output, true)).to.equal("\u001b[32m✓\u001b[0m one\ntwo\\u{1b}[8m\\r[32m");
    expect(printedOutput(output, false)).to.equal("✓ one\ntwo\\u{1b}[8m\\r[32m");
  });

  it("printedJson parses to the same value", () => {
    const value = { name: "a\u009b\u202e\u{e0001}\u2028é" };
    const json = printedJson(JSON.stringify(value, null, 2));
    expect(json).to.equal(`{\n  "name": "a\\u009b\\u202e\\udb40\\udc01\\u2028é"\n}`);
    expect(JSON.parse(json)).to.deep.equal(value);
  });
});
