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

/** Delay of the admin and of its own transfer, in seconds. */
export const ADMIN_DELAY = 2n * DAY;

export const MAX_UINT256 = 2n ** 256n - 1n;

/** Time that a payout waits where the tests deploy, in seconds. */
export const PAYOUT_DELAY = 2n * DAY;

/** Name of a parameter as errors carry it. */
export const field = (name: string): string => encodeBytes32String(name);
