// SPDX-License-Identifier: MIT
// What a task would send, as files for those who hold the keys.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { resolve } from "node:path";
import { drafting, type Draft } from "../../deploy/batch/drafting";
import { batchText } from "../../deploy/batch/format";
import { callLines, decodeCall, glossaryOf, type Glossary } from "../../deploy/batch/words";
import type { Protocol } from "../../deploy/protocol";
import { Fields, pattern } from "../../sdk/base/fields";
import { writeWhole } from "../../sdk/node/files";

const JSON_FILE = pattern(/^.{0,1000}[^/]\.json$/, "the name of a file that ends in .json");

/** A result for people and for programs. */
interface Told {
  readonly lines: readonly string[];
  readonly document: Readonly<Record<string, unknown>>;
}

/** Drafts what a task would send and writes it to files; if there is nothing to send, returns the task's own result. */
export async function writeBatches(
  { hre, protocol }: { readonly hre: HardhatRuntimeEnvironment; readonly protocol: Protocol },
  name: string,
  batch: unknown,
  act: () => Promise<Told>,
): Promise<Told> {
  const fields = new Fields({ batch });
  const path = fields.read("batch", JSON_FILE);
  fields.refuse("arguments", "BAD_OPTION");
  let result: Told = { lines: [], document: {} };
  const drafts = await drafting(async () => (result = await act()));
  if (drafts.length === 0)
    return { ...result, lines: [...result.lines, "Nothing is to be sent: no batch was written."] };
  const glossary = await glossaryOf(
    hre,
    protocol,
    drafts.flatMap(({ calls }) => calls),
  );
  const { chainId } = protocol.network;
  const files = drafts.map((draft) => {
    const file = draft.part === undefined ? path : path.replace(/\.json$/, `.${draft.part}.json`);
    const lines = draftLines(glossary, draft);
    const calls = draft.calls.map((call) => ({ ...call, value: 0n }));
    const { sender } = draft;
    const content = {
      chainId,
      name: `${name} ${draft.part ?? ""}`.trim(),
      description: lines.join("\n"),
      sender,
      calls,
    };
    const text = batchText(content, Date.now(), (address) => glossary.contracts.get(address)?.abi);
    return { file, text, lines, draft };
  });
  for (const { file, text } of files) writeWhole(resolve(file), text);
  return {
    lines: files.flatMap(({ file, lines }, index) => [...(index > 0 ? [""] : []), `${file}:`, ...lines]),
    document: {
      batches: files.map(({ file, draft: { sender, as, what, calls } }) => ({ file, sender, as, what, calls })),
    },
  };
}

/** A draft for people: who sends it, and what it does. */
function draftLines(glossary: Glossary, { what, as, sender, calls }: Draft): string[] {
  return [
    `${sender}, ${/^[A-Z_]+ of/.test(as) ? `holder of ${as}` : `who ${as}`}, sends`,
    ...calls.flatMap((call) => callLines(decodeCall(glossary, call), "  ")),
    ...(what === "" ? [] : [what]),
  ];
}
