import { network } from "hardhat";

/** Answer of a call that changes nothing, byte for byte: the data that it returns, or reverts with. */
export async function rawCall(from: string, to: string, data: string): Promise<{ reverted: boolean; data: string }> {
  try {
    const returned = (await network.provider.send("eth_call", [{ from, to, data }, "latest"])) as string;
    return { reverted: false, data: returned };
  } catch (error) {
    return { reverted: true, data: (error as { data: string }).data };
  }
}
