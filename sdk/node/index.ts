// The parts that need Node: files, keys and escrow.

export { readContributorsFor } from "./contributors.ts";
export { isSealed, readPrivateKey, readPublicKey, seal, unseal } from "./escrow.ts";
export { readText, writeWhole } from "./files.ts";
export { namedKeys, openAccounts, openKey, type KeyRef, type NamedKeys, type Secrets } from "./keys.ts";
export { uploadModel, type UploadedModel } from "./modelUpload.ts";
export { RemoteSigner, type RemoteKey } from "./remote.ts";
export { parseModelFile, readModelFile, requireModelFile } from "./modelFile.ts";
