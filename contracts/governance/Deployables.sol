// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// Contracts of OpenZeppelin's that are deployed as they are. Imported so that this project's compiler builds them.
// solhint-disable no-unused-import
import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
