import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { modelIdOf } from "../../scripts/dev/world/models";
import { field } from "../../scripts/dev/world/units";
import { proposedModel } from "./registry.fixture";

const MAX_URI_LENGTH = 256;
const HASH = ethers.id("licence 2");
const URI = "ipfs://licence-2";

describe("ModelRegistry.setLicense", () => {
  let context: Awaited<ReturnType<typeof proposedModel>>;

  beforeEach(async () => {
    context = await loadFixture(proposedModel);
  });

  const setLicense = (hash: string, uri: string, id = context.id) =>
    context.registry.connect(context.governor).setLicense(id, hash, uri);

  /** The current licence, as the views have it. */
  async function currentLicense() {
    const { licenseHash, licenseURI } = await context.registry.parametersOf(context.id);
    return [licenseHash, licenseURI];
  }

  it("replaces the current licence at once", async () => {
    const { registry, id } = context;
    await expect(setLicense(HASH, URI)).to.emit(registry, "LicenseSet").withArgs(id, HASH, URI);
    expect(await currentLicense()).to.deep.equal([HASH, URI]);
  });

  it("A4: only adds to the history in the log, even if the licence is the same", async () => {
    const { registry, id, params } = context;
    const licenses = [
      [HASH, URI],
      [ethers.id("licence 3"), "https://example.org/licence-3"],
      [HASH, URI],
      [HASH, URI],
    ] as const;
    for (const [hash, uri] of licenses) await setLicense(hash, uri);
    const history = await registry.queryFilter(registry.filters.LicenseSet(id));
    expect(history.map(({ args }) => [args.licenseHash, args.licenseURI])).to.deep.equal([
      [params.licenseHash, params.licenseURI],
      ...licenses,
    ]);
    expect(await currentLicense()).to.deep.equal([HASH, URI]);
  });

  it("refuses a hash of zero", async () => {
    const before = await currentLicense();
    await expect(setLicense(ethers.ZeroHash, URI))
      .to.be.revertedWithCustomError(context.registry, "HashMissing")
      .withArgs(field("licenseHash"));
    expect(await currentLicense()).to.deep.equal(before);
  });

  for (const length of [0, MAX_URI_LENGTH + 1, 100_000]) {
    it(`refuses a URI of ${length} bytes`, async () => {
      const before = await currentLicense();
      await expect(setLicense(HASH, "u".repeat(length)))
        .to.be.revertedWithCustomError(context.registry, "OutOfRange")
        .withArgs(field("licenseURI"), length, 1, MAX_URI_LENGTH);
      expect(await currentLicense()).to.deep.equal(before);
    });
  }

  for (const length of [1, MAX_URI_LENGTH - 1, MAX_URI_LENGTH]) {
    it(`accepts a URI of ${length} bytes`, async () => {
      await setLicense(HASH, "u".repeat(length));
      expect(await currentLicense()).to.deep.equal([HASH, "u".repeat(length)]);
    });
  }

  it("counts the bytes of the URI, not its characters", async () => {
    const wide = "é".repeat(MAX_URI_LENGTH / 2);
    await setLicense(HASH, wide);
    expect(await currentLicense()).to.deep.equal([HASH, wide]);
    await expect(setLicense(HASH, `${wide}u`))
      .to.be.revertedWithCustomError(context.registry, "OutOfRange")
      .withArgs(field("licenseURI"), MAX_URI_LENGTH + 1, 1, MAX_URI_LENGTH);
  });

  it("refuses an unknown model", async () => {
    const { registry, governor } = context;
    await expect(setLicense(HASH, URI, modelIdOf("unknown")))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(governor, ethers.ZeroAddress);
  });
});
