// Units, and the one class of errors that a user can put right.

export { printed } from "./printed.ts";
export { Problem, PROBLEMS, type ProblemCode } from "./problem.ts";
export {
  formatInteger,
  formatPrice,
  formatReserve,
  formatTime,
  formatTokens,
  RESERVE_DECIMALS,
  roundTokens,
  TOKEN_DECIMALS,
} from "./units.ts";
