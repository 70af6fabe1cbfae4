// Request bodies that are written to disk as they arrive.

import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { tooLarge } from "./bodies";
import { ApiRefusal } from "./failure";

/** Writes a body to a new file and returns its SHA-256. Leaves no file if the body is too large or the upload breaks off. */
export async function storeUpload(
  body: ReadableStream<Uint8Array> | null,
  path: string,
  most: number,
): Promise<string> {
  const hash = createHash("sha256");
  let size = 0;
  const measured = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      size += piece.length;
      if (size > most) throw tooLarge(most);
      hash.update(piece);
      yield piece;
    }
  };
  try {
    if (body === null) throw new ApiRefusal(400, "BAD_OPTION", "the body is empty, expected predictions.");
    // Opened before anything can fail: a stream that opens its file by itself could make it after the removal.
    const writer = (await open(path, "wx")).createWriteStream();
    await pipeline(body as unknown as AsyncIterable<Uint8Array>, measured, writer);
    if (size === 0) throw new ApiRefusal(400, "BAD_OPTION", "the body is empty, expected predictions.");
    const file = await open(path, "r");
    await file.sync().finally(async () => file.close());
    return hash.digest("hex");
  } catch (error) {
    await rm(path, { force: true });
    const isBroken = ["ABORT_ERR", "ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET"].includes(
      (error as NodeJS.ErrnoException).code ?? "",
    );
    if (isBroken) throw new ApiRefusal(400, "BAD_OPTION", "the upload broke off: send it again.");
    throw error;
  }
}
