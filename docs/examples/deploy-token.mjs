// A deployment script as users have published it: ethers and the function's interface, nothing else.
import { ethers } from "ethers";
import process from "node:process";

const abi = [
  "function deployTokenWithAllocations(string modelId, string name, string symbol, uint256 modelSupplierAllocation, address modelSupplierRecipient, uint256 investorAllocation, (uint256 tokensPerDeltaOne, uint16 infrastructureAccrualBps, uint256 initialOraclePricePerThousandUsd, bytes32 licenseHash, string licenseURI, address governor) initialParams) payable returns (address)",
];

const provider = new ethers.JsonRpcProvider(process.env.RPC_URL);
const wallet = new ethers.Wallet(process.env.PRIVATE_KEY, provider);
const tokenManager = new ethers.Contract(process.env.TOKEN_MANAGER_ADDRESS, abi, wallet);

try {
  const tx = await tokenManager.deployTokenWithAllocations(
    "sentiment-v2",
    "Sentiment Model",
    "SENT",
    ethers.parseUnits("400000", 18),
    process.env.MODEL_SUPPLIER_RECIPIENT,
    ethers.parseUnits("600000", 18),
    {
      tokensPerDeltaOne: ethers.parseUnits("100000", 18),
      infrastructureAccrualBps: 5000,
      initialOraclePricePerThousandUsd: 0,
      licenseHash: ethers.keccak256(ethers.toUtf8Bytes("licence")),
      licenseURI: "ipfs://licence",
      governor: process.env.GOVERNOR_ADDRESS,
    },
  );
  const receipt = await tx.wait();
  console.log("deployed in", receipt.hash);
} catch (error) {
  console.error(error.reason ?? error.message);
  process.exitCode = 1;
}
provider.destroy();
