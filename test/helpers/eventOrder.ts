import type { BaseContract, ContractTransactionResponse } from "ethers";

/** Returns the names of the events that the contracts emitted in a transaction, in their order. */
export async function eventsOf(
  transaction: Promise<ContractTransactionResponse>,
  contracts: readonly BaseContract[],
): Promise<string[]> {
  const addresses = await Promise.all(contracts.map((contract) => contract.getAddress()));
  const receipt = await (await transaction).wait();
  return (receipt?.logs ?? []).flatMap((log) => {
    const contract = contracts[addresses.indexOf(log.address)];
    return contract?.interface.parseLog(log)?.name ?? [];
  });
}
