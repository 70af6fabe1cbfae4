// The command that pays contributors their rewards.

import { id } from "ethers";
import { address } from "../base/fields.ts";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { formatTokens } from "../base/units.ts";
import { connect } from "../client/connect.ts";
import { fileName, flag } from "../node/commandLine.ts";
import { readText } from "../node/files.ts";
import { readClaims } from "../schemas/claims.ts";
import { toJson } from "../schemas/json.ts";
import { claim, type NamedClaims } from "../statements/claim.ts";
import { deploymentAt, platformOf, payingSigner, type HokusaiCommand, type HokusaiStreams } from "./subcommand.ts";

export const claimCommand: HokusaiCommand = {
  summary: "pay a contributor what waits to be claimed",
  usage: `usage: hokusai claim --account <address> --deployment <record.json> [<claims.json> ...]          the platform's files without one
  --account <address>        the contributor to pay; rewards go there, whoever pays for the gas
  --deployment <file>        the record of the deployment, whose chain is reached by HOKUSAI_RPC_URL
  --keystore <file>          encrypted key of whoever pays for the gas, its password is KEYSTORE_PASSWORD; without it PRIVATE_KEY
  --json                     print what was paid, and a failure, as JSON
  --help                     print this text`,
  run: async ({ options, paths }, streams) => {
    const account = options.read("account", address);
    const record = options.read("deployment", fileName);
    const keystore = options.read("keystore", fileName, "");
    const isJson = options.read("json", flag, false);
    options.refuse("options");
    const files = paths.map((name): NamedClaims => ({ name, claims: readClaims(name, readText(name)) }));
    const place = await deploymentAt(record, streams);
    try {
      const { site, deployment } = place;
      const chain = await connect(site, deployment.contracts.DeltaOneVerifier);
      const sender = await payingSigner(place, keystore, streams);
      const named = files.length > 0 ? files : await filesOnPlatform(account, streams);
      const claimed = await claim(chain, named, sender, { account, fromBlock: deployment.firstBlock });
      if (isJson) return toJson(claimed);
      const paid = claimed.payments.map(
        ({ amount, token }) => `${formatTokens(amount)} of the token ${token} to ${account}`,
      );
      return [...paid, ...claimed.transactions.map(({ hash }) => `transaction ${hash}`)].join("\n");
    } finally {
      place.close();
    }
  },
};

/** Returns the claims files of everything that the account can claim according to the platform. The chain has the final say. */
async function filesOnPlatform(account: string, streams: HokusaiStreams): Promise<NamedClaims[]> {
  const platform = platformOf(streams);
  const { claims } = await platform.claimable(account);
  const open = claims.filter(({ is_claimed }) => !is_claimed);
  if (open.length === 0)
    throw new Problem("ALREADY_DONE", `the platform knows of nothing that ${account} could claim.`);
  return Promise.all(
    open.map(async ({ root, model_id }): Promise<NamedClaims> => {
      const name = `the platform's claims file of ${printed(root)}`;
      const found = readClaims(name, JSON.stringify(await platform.claimsFile(root)));
      if (found.contributorsRoot !== root || id(found.modelId) !== id(model_id))
        throw new Problem("CONFLICT", `${name} belongs to another root or model: tell whoever runs the platform.`);
      return { name, claims: found };
    }),
  );
}
