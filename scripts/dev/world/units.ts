import { encodeBytes32String } from "ethers";

/** One whole model token, in wei. */
export const TOKEN = 10n ** 18n;

/** One whole reserve token, in its own units. */
export const USDC = 10n ** 6n;

/** Basis points of a whole. */
export const BPS = 10_000n;

/** Parts per million of a whole. */
export const PPM = 1_000_000n;

export const HOUR = 3_600n;

export const DAY = 24n * HOUR;

/** The timelock's delay, and that of transferring the admin role, in seconds. */
export const ADMIN_DELAY = 2n * DAY;

export const MAX_UINT256 = 2n ** 256n - 1n;

/** The payout delay where the tests deploy, in seconds. */
export const PAYOUT_DELAY = 2n * DAY;

/** Name of a parameter in the form that errors carry. */
export const field = (name: string): string => encodeBytes32String(name);
