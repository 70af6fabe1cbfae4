import { expect } from "chai";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findModule, firstBlockOf, journaledContracts, openJournal } from "../../deploy/journal";
import { ProtocolModule } from "../../ignition/modules/Protocol";
import { withDeployments } from "../../scripts/dev/world/live";

const CHAIN = 31_337;
const LINE = JSON.stringify({ type: "TRANSACTION_CONFIRM", futureId: "Protocol#A", receipt: { blockNumber: 7 } });
const TORN = '{"type":"TRANSACTION_CON';

describe("journal of a deployment", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "journal-"));
    mkdirSync(join(folder, `chain-${CHAIN}`));
    writeFileSync(join(folder, `${CHAIN}.json`), "{}");
    write(`${LINE}\n${TORN}`, "present");
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const path = (name: string) => join(folder, `chain-${CHAIN}`, name);

  function write(journal: string, instance: string): void {
    writeFileSync(path("journal.jsonl"), journal);
    writeFileSync(path("chain-instance"), instance);
  }

  /** The environment of a local chain, as far as journals ask it. */
  const environment = {
    network: {
      name: "localhost",
      config: { chainId: CHAIN },
      provider: { send: async () => ({ instanceId: "present" }) },
    },
    config: { paths: { ignition: "" } },
  } as unknown as HardhatRuntimeEnvironment;

  const inFolder = <T>(action: () => Promise<T>) => withDeployments(folder, action);

  function contentOf(directory: string): Record<string, string> {
    return Object.fromEntries(
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "utf8")]),
    );
  }

  describe("when it is read", () => {
    const readAll = () =>
      inFolder(async () => ({
        block: await firstBlockOf(environment),
        contracts: await journaledContracts(environment),
      }));

    it("returns everything except a line that is being written, and changes no file", async () => {
      const before = contentOf(folder);
      expect(await readAll()).to.deep.equal({ block: 7, contracts: [] });
      expect(contentOf(folder)).to.deep.equal(before);
    });

    it("finds no module that is not complete, and changes no file", async () => {
      write(`${JSON.stringify({ type: "DEPLOYMENT_INITIALIZE", chainId: CHAIN })}\n${TORN}`, "present");
      const before = contentOf(folder);
      expect(await inFolder(() => findModule(environment, ProtocolModule))).to.equal(undefined);
      expect(contentOf(folder)).to.deep.equal(before);
    });

    it("returns nothing of a local chain that is gone, and changes no file", async () => {
      write(LINE, "gone");
      const before = contentOf(folder);
      expect(await readAll()).to.deep.equal({ block: undefined, contracts: [] });
      expect(contentOf(folder)).to.deep.equal(before);
    });

    it("creates no journal where there is none", async () => {
      rmSync(join(folder, `chain-${CHAIN}`), { recursive: true });
      expect((await readAll()).block).to.equal(undefined);
      expect(existsSync(join(folder, `chain-${CHAIN}`))).to.equal(false);
    });
  });

  describe("when it is opened to deploy", () => {
    it("sets a journal aside whose last line is torn", async () => {
      await inFolder(() => openJournal(environment));
      expect(existsSync(path("journal.jsonl"))).to.equal(false);
      expect(readFileSync(path("journal.jsonl.torn"), "utf8")).to.equal(`${LINE}\n${TORN}`);
    });

    it("removes journal and record of a local chain that is gone", async () => {
      write(LINE, "gone");
      await inFolder(() => openJournal(environment));
      expect(contentOf(folder)).to.deep.equal({ [path("chain-instance")]: "present" });
    });
  });
});
