// What needs Node: files, keys and escrow.

export { readContributorsFor } from "./contributors.ts";
export { isSealed, readPrivateKey, readPublicKey, seal, unseal } from "./escrow.ts";
export { readText, writeWhole } from "./files.ts";
export { uploadModel, type UploadedModel } from "./modelUpload.ts";
export { readSigner, type KeySource, type Secrets } from "./keys.ts";
export { parseModelFile, readModelFile, requireModelFile } from "./modelFile.ts";
