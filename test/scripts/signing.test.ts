import { expect } from "chai";
import { encryptKeystoreJsonSync, type HDNodeWallet } from "ethers";
import { resolve } from "node:path";
import { developmentKey } from "../../sdk/base/accounts";
import { freePort, rpc, runScript, startAnvil, type Node } from "../../scripts/dev/world/process";
import { useFolder } from "../sdk/statements/support";

const MODEL = resolve(__dirname, "../../deploy/models/sentiment-v2.json");
const HARDHAT = "node_modules/hardhat/internal/cli/bootstrap.js";
const PASSWORD = "correct horse";

/** Who deploys the protocol, and who deploys tokens, as in ignition/parameters/localhost.json5. */
const [DEPLOYER, TOKEN_DEPLOYER] = [developmentKey(1), developmentKey(0)];

describe("commands that sign with a keystore @uninstrumented", () => {
  const folder = useFolder();
  let node: Node;

  before(async () => {
    node = await startAnvil();
  });

  after(() => node.stop());

  const keystore = ({ address, privateKey }: HDNodeWallet) =>
    folder.write("key.json", encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 2 } }));
  const deploy = async (env: Record<string, string>, ...more: string[]) => {
    const nodes = `http://127.0.0.1:${await freePort()},${node.url}`;
    const args = ["--network", "localhost", "--keystore", keystore(DEPLOYER), ...more];
    return runScript("scripts/deploy.ts", args, { ...node.env, RPC_URL_LOCALHOST: nodes, ...env });
  };

  it("plan without the password, and send nothing with a wrong password or a ceiling that is too low", async () => {
    const planned = await deploy({}, "--plan");
    expect({ code: planned.code, stderr: planned.stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(planned.stdout).to.match(new RegExp(`\\n${DEPLOYER.address} must have 0\\.\\d+ ether`));

    const wrong = await deploy({ KEYSTORE_PASSWORD: "wrong" });
    expect(wrong.code, wrong.stderr).to.equal(1);
    expect(wrong.stderr).to.contain("key.json cannot be decrypted: the password is wrong.\n");

    const dear = await deploy({ KEYSTORE_PASSWORD: PASSWORD }, "--max-fee", "0.5");
    expect(dear.code).to.equal(1);
    expect(dear.stderr).to.match(
      /the chain asks 1\.0 gwei for gas, more than the ceiling of 0\.5 gwei: wait until it asks less, or raise --max-fee/,
    );
    expect(await rpc(node.url, "eth_getTransactionCount", [DEPLOYER.address, "latest"])).to.equal("0x0");
  });

  it("deploy, and then perform a task, through the node that answers", async () => {
    const { code, stdout, stderr } = await deploy({ KEYSTORE_PASSWORD: PASSWORD }, "--max-fee", "5");
    expect(code, stderr).to.equal(0);
    expect(stderr).to.match(new RegExp(`signing as ${DEPLOYER.address}, by the keystore .*key\\.json\\n`));
    expect(stdout).to.contain("The protocol: deployed, verified against the chain and recorded.");

    const args = [
      "model:deploy",
      MODEL,
      "--network",
      "localhost",
      "--keystore",
      keystore(TOKEN_DEPLOYER),
      "--max-fee",
      "5",
    ];
    const step = await runScript(HARDHAT, args, { ...node.env, KEYSTORE_PASSWORD: PASSWORD });
    expect(step.code, step.stderr).to.equal(0);
    expect(step.stdout).to.contain("sentiment-v2 is PROPOSAL");
    expect(step.stderr).to.contain(`model:deploy: signing as ${TOKEN_DEPLOYER.address}, by the keystore`);
  });
});
