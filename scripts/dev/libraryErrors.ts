// What OpenZeppelin's errors mean here, because their declarations do not say.

/** Contracts of the library that are deployed unchanged. */
export const DEPLOYED_OF_LIBRARY = ["TimelockController", "VestingWallet"] as const;

/** An error of the library, as docs/errors.md explains it. */
interface LibraryError {
  /** As in the ABI, with the names of arguments. */
  readonly signature: string;
  readonly why: string;
  readonly fix: string;
}

export const LIBRARY_ERRORS: readonly LibraryError[] = [
  {
    signature: "AccessControlUnauthorizedAccount(address account, bytes32 neededRole)",
    why: "The caller does not hold the role that the function asks for.",
    fix: "Send from a holder of the role; `hasRole(role, account)` of ModelRegistry tells who is one, of TokenManager for its own functions. `DEPLOYER_ROLE` is granted by a holder of `OPERATOR_ROLE`, every other role by the admin after its delay.",
  },
  {
    signature: "AccessControlBadConfirmation()",
    why: "`renounceRole` was called for another account than the caller.",
    fix: "Give your own address as the confirmation. To take a role from somebody else use `suspendRole` or `revokeRole`.",
  },
  {
    signature: "AccessControlEnforcedDefaultAdminDelay(uint48 schedule)",
    why: "The admin's transfer or its renunciation was completed before its delay had passed.",
    fix: "Wait until `schedule`.",
  },
  {
    signature: "AccessControlEnforcedDefaultAdminRules()",
    why: "The admin role was to be granted or revoked like any other.",
    fix: "Use `beginDefaultAdminTransfer`, then `acceptDefaultAdminTransfer` from the new admin.",
  },
  {
    signature: "AccessControlInvalidDefaultAdmin(address defaultAdmin)",
    why: "The admin was to become zero, or the caller is not the pending admin.",
    fix: "There is always an admin: name an account, and accept from that account.",
  },
  {
    signature: "SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)",
    why: "OpenZeppelin's conversion of times to 48 bits would overflow.",
    fix: "Cannot happen before the year 8 million.",
  },
  {
    signature: "StringTooLong(string str)",
    why: "OpenZeppelin's short strings and EIP-712 domains take 31 bytes.",
    fix: "Cannot happen: `OutOfRange` refuses a longer name or symbol first.",
  },
  {
    signature: "InvalidShortString()",
    why: "OpenZeppelin's short string is malformed.",
    fix: "Cannot happen: such strings are written once, at construction.",
  },
  {
    signature: "ReentrancyGuardReentrantCall()",
    why: "A function that moves tokens, or a view of the pool, was called while another runs.",
    fix: "Call it after the transaction, not from within a token's transfer.",
  },
  {
    signature: "SafeERC20FailedOperation(address token)",
    why: "A transfer of this token failed or returned false without a reason: no balance, no allowance, or an account that the token's issuer has blocked.",
    fix: "Check balance and allowance of the token at `token`, and whether its issuer has blocked an account.",
  },
  {
    signature: "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
    why: "The account has fewer tokens than are to be moved or sold.",
    fix: "Move at most `balance`.",
  },
  {
    signature: "ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
    why: "The spender may move fewer tokens than needed.",
    fix: "Approve `needed` to `spender`, or sign a permit.",
  },
  {
    signature: "ERC20InvalidReceiver(address receiver)",
    why: "Tokens were to go to the zero address.",
    fix: "Name a receiver. Tokens are burned only by selling them to the pool.",
  },
  {
    signature: "ERC20InvalidSender(address sender)",
    why: "Tokens were to come from the zero address.",
    fix: "Simulate the call from an account.",
  },
  {
    signature: "ERC20InvalidApprover(address approver)",
    why: "An allowance of the zero address was to be set or used.",
    fix: "Name the owner of the tokens.",
  },
  {
    signature: "ERC20InvalidSpender(address spender)",
    why: "An allowance was to be given to the zero address.",
    fix: "Name a spender.",
  },
  {
    signature: "ERC2612ExpiredSignature(uint256 deadline)",
    why: "The permit's deadline has passed.",
    fix: "Sign a new permit.",
  },
  {
    signature: "ERC2612InvalidSigner(address signer, address owner)",
    why: "The permit was signed by another key, or over other values: nonce, amount, spender, chain or token.",
    fix: "Sign again with the present `nonces(owner)`. A permit that somebody used already has done its work.",
  },
  {
    signature: "InvalidAccountNonce(address account, uint256 currentNonce)",
    why: "OpenZeppelin's check of a nonce that the caller chooses.",
    fix: "Cannot happen: permits take the account's next nonce, and a wrong one ends in `ERC2612InvalidSigner`.",
  },
  {
    signature: "ECDSAInvalidSignature()",
    why: "The permit's signature belongs to no key.",
    fix: "Sign again.",
  },
  {
    signature: "ECDSAInvalidSignatureLength(uint256 length)",
    why: "A signature has not 65 bytes.",
    fix: "Cannot happen: a permit takes r, s and v apart.",
  },
  {
    signature: "ECDSAInvalidSignatureS(bytes32 s)",
    why: "The permit's s is in the upper half, which would make a second valid signature.",
    fix: "Sign with a library that gives the lower s, as all present ones do.",
  },
  {
    signature: "TimelockInsufficientDelay(uint256 delay, uint256 minDelay)",
    why: "The operation was scheduled with less than the timelock's delay.",
    fix: "Schedule it with at least `minDelay` seconds.",
  },
  {
    signature: "TimelockInvalidOperationLength(uint256 targets, uint256 payloads, uint256 values)",
    why: "Targets, values and payloads of a batch differ in number.",
    fix: "Give one of each for every call.",
  },
  {
    signature: "TimelockUnauthorizedCaller(address caller)",
    why: "The timelock's delay can be changed only by the timelock itself.",
    fix: "Schedule `updateDelay` as an operation.",
  },
  {
    signature: "TimelockUnexecutedPredecessor(bytes32 predecessorId)",
    why: "The operation waits for another that has not been executed.",
    fix: "Execute the operation `predecessorId` first.",
  },
  {
    signature: "TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)",
    why: "The operation is not in one of the states that the call needs. `expectedStates` is a bitmap: 1 unset, 2 waiting, 4 ready, 8 done.",
    fix: "Look at `getOperationState(operationId)`: schedule it, wait for its time, or leave it, as it was done.",
  },
  {
    signature: "FailedCall()",
    why: "A call that the timelock or the vesting wallet made failed without a reason.",
    fix: "Simulate that call by itself; check its target.",
  },
  {
    signature: "InsufficientBalance(uint256 balance, uint256 needed)",
    why: "The vesting wallet holds less ether than it is to pay.",
    fix: "Release at most what `releasable()` says.",
  },
  {
    signature: "OwnableInvalidOwner(address owner)",
    why: "The vesting wallet was to have no beneficiary.",
    fix: "Name a beneficiary. To pass a vesting wallet on, transfer its ownership.",
  },
  {
    signature: "OwnableUnauthorizedAccount(address account)",
    why: "Only the vesting wallet's beneficiary may pass it on.",
    fix: "Send from the beneficiary.",
  },
];
