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

describe("Journal", () => {
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

    it("tells all but a line that is being written, and stays as it is", async () => {
      const before = contentOf(folder);
      expect(await readAll()).to.deep.equal({ block: 7, contracts: [] });
      expect(contentOf(folder)).to.deep.equal(before);
    });

    it("tells of no module that is not complete, and stays as it is", async () => {
      write(`${JSON.stringify({ type: "DEPLOYMENT_INITIALIZE", chainId: CHAIN })}\n${TORN}`, "present");
      const before = contentOf(folder);
      expect(await inFolder(() => findModule(environment, ProtocolModule))).to.equal(undefined);
      expect(contentOf(folder)).to.deep.equal(before);
    });

    it("tells nothing of a local chain that is gone, and stays as it is, the record too", async () => {
      write(LINE, "gone");
      const before = contentOf(folder);
      expect(await readAll()).to.deep.equal({ block: undefined, contracts: [] });
      expect(contentOf(folder)).to.deep.equal(before);
    });

    it("is not made where there is none", async () => {
      rmSync(join(folder, `chain-${CHAIN}`), { recursive: true });
      expect((await readAll()).block).to.equal(undefined);
      expect(existsSync(join(folder, `chain-${CHAIN}`))).to.equal(false);
    });
  });

  describe("when it is opened to deploy", () => {
    it("is set aside where its last line is torn", async () => {
      await inFolder(() => openJournal(environment));
      expect(existsSync(path("journal.jsonl"))).to.equal(false);
      expect(readFileSync(path("journal.jsonl.torn"), "utf8")).to.equal(`${LINE}\n${TORN}`);
    });

    it("begins anew for a local chain that is another one, and the record with it", async () => {
      write(LINE, "gone");
      await inFolder(() => openJournal(environment));
      expect(contentOf(folder)).to.deep.equal({ [path("chain-instance")]: "present" });
    });
  });
});
