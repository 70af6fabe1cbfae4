// ERC-2612: a signature that replaces an approval transaction.

import { Contract, Signature, TypedDataEncoder, type JsonRpcSigner, type TypedDataDomain } from "ethers";
import type { Access } from "../../../../sdk/client/access.ts";

/** A permit as the protocol's contracts take it. */
export interface SignedPermit {
  readonly deadline: bigint;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

const TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

const ABI = [
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function nonces(address) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
];

/** Versions to try for tokens that do not report theirs: OpenZeppelin's, then USDC's. */
const VERSIONS = ["1", "2"];

export interface PermitRequest {
  readonly token: string;
  readonly spender: string;
  /** In the token's smallest units. */
  readonly amount: bigint;
  /** Seconds since 1970. */
  readonly deadline: number;
}

/**
 * Asks the wallet for a permit. Returns undefined if this page cannot be sure of the token's permits; the caller then needs an approval.
 */
export async function signPermit(
  { ethers }: Access,
  chainId: number,
  signer: JsonRpcSigner,
  { token, spender, amount, deadline }: PermitRequest,
): Promise<SignedPermit | undefined> {
  const contract = new Contract(token, ABI, ethers.provider);
  const view = <T>(name: string, ...args: unknown[]): Promise<T | undefined> =>
    contract
      .getFunction(name)(...args)
      .then(
        (value: T) => value,
        () => undefined,
      );
  const [name, version, nonce, separator] = await Promise.all([
    view<string>("name"),
    view<string>("version"),
    view<bigint>("nonces", signer.address),
    view<string>("DOMAIN_SEPARATOR"),
  ]);
  if (name === undefined || nonce === undefined || separator === undefined) return undefined;
  const domain = (version === undefined ? VERSIONS : [version])
    .map((each): TypedDataDomain => ({ name, version: each, chainId, verifyingContract: token }))
    .find((each) => TypedDataEncoder.hashDomain(each) === separator);
  if (domain === undefined) return undefined;
  const message = { owner: signer.address, spender, value: amount, nonce, deadline };
  const { v, r, s } = Signature.from(await signer.signTypedData(domain, TYPES, message));
  return { deadline: BigInt(deadline), v, r, s };
}
