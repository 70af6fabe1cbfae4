import { getBytes, hexlify, N } from "ethers";
import { createECDH, createPublicKey, randomBytes } from "node:crypto";
import type { RemoteKey } from "../../sdk/node/remote";

/** A key that nobody uses elsewhere. */
const PRIVATE_KEY = `0x${"5e".repeat(32)}`;

/** The point of a number on the curve: x and y. */
function pointOf(number: string): [Buffer, Buffer] {
  const curve = createECDH("secp256k1");
  curve.setPrivateKey(getBytes(number));
  const point = curve.getPublicKey();
  return [point.subarray(1, 33), point.subarray(33)];
}

/**
 * A key that answers as a machine does which keeps it: signatures in DER with s as it comes, the public key in DER. The curve is
 * node:crypto's, which signs nothing that it has not hashed itself: hence the last step of ECDSA here.
 */
export function localKey(privateKey = PRIVATE_KEY): RemoteKey {
  const [x, y] = pointOf(privateKey).map((part) => part.toString("base64url"));
  const key = createPublicKey({ key: { kty: "EC", crv: "secp256k1", x, y }, format: "jwk" });
  return {
    sign: (digest) => {
      const nonce = hexlify(randomBytes(32));
      const r = BigInt(hexlify(pointOf(nonce)[0])) % N;
      const s = (inverseOf(BigInt(nonce)) * (BigInt(hexlify(digest)) + r * BigInt(privateKey))) % N;
      return Promise.resolve(encodeDer(r, s));
    },
    publicKey: () => Promise.resolve(key.export({ format: "der", type: "spki" })),
  };
}

/** What a configuration names as its module. */
export default function (): RemoteKey {
  return localKey();
}

/** A signature in DER, from numbers that need not be right. */
export function encodeDer(r: bigint, s: bigint): Uint8Array {
  const integer = (value: bigint) => {
    const digits = value.toString(16);
    const bytes = Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex");
    const content = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
    return Buffer.concat([Buffer.from([0x02, content.length]), content]);
  };
  const content = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

/** The inverse modulo the order of the curve, which is a prime: value^(N − 2). */
function inverseOf(value: bigint): bigint {
  let [result, power] = [1n, value % N];
  for (let exponent = N - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * power) % N;
    power = (power * power) % N;
  }
  return result;
}
