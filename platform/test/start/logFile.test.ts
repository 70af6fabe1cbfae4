import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogFile } from "../../logFile";

const MOST = 16 * 2 ** 20;

describe("LogFile", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "log-"));
    file = join(folder, "a.log");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("continues the file of an earlier run", () => {
    new LogFile(file).write("one");
    new LogFile(file).write("two");

    expect(readFileSync(file, "utf8")).to.equal("one\ntwo\n");
  });

  it("fills a file up to 16 MiB", () => {
    const log = new LogFile(file);
    log.write("a".repeat(MOST / 2 - 1));
    log.write("b".repeat(MOST / 2 - 1));

    expect(statSync(file).size).to.equal(MOST);
    expect(readdirSync(folder)).to.deep.equal(["a.log"]);
  });

  it("keeps one full file beside the current one", () => {
    for (const letter of "abc") new LogFile(file).write(letter.repeat(MOST - 1));

    expect(readdirSync(folder).sort()).to.deep.equal(["a.log", "a.log.1"]);
    expect(readFileSync(`${file}.1`, "utf8") === `${"b".repeat(MOST - 1)}\n`).to.equal(true);
    expect(readFileSync(file, "utf8") === `${"c".repeat(MOST - 1)}\n`).to.equal(true);
  });

  it("writes a line that is longer than a file", () => {
    const log = new LogFile(file);
    log.write("a".repeat(MOST));
    log.write("b");

    expect(statSync(`${file}.1`).size).to.equal(MOST + 1);
    expect(readFileSync(file, "utf8")).to.equal("b\n");
  });
});
