import { formatUnits } from "ethers";

/** Decimals of every model token. */
export const TOKEN_DECIMALS = 18;

/** Decimals of every reserve token. */
export const RESERVE_DECIMALS = 6;

const SHOWN = 10n ** 14n;

/** Formats wei as whole tokens with thousands separators, such as 400,000 or 1.5. */
export function formatTokens(wei: bigint): string {
  return group(formatUnits(wei, TOKEN_DECIMALS));
}

/** Rounds wei down to four decimals of a whole token, for display. */
export function roundTokens(wei: bigint): bigint {
  return (wei / SHOWN) * SHOWN;
}

/** Formats smallest units as whole reserve tokens with thousands separators. */
export function formatReserve(units: bigint): string {
  return group(formatUnits(units, RESERVE_DECIMALS));
}

/** Formats a pool's `spotPrice` as reserve tokens per whole token, to six significant digits. */
export function formatPrice(priceWad: bigint): string {
  return String(Number(Number(formatUnits(priceWad, TOKEN_DECIMALS + RESERVE_DECIMALS)).toPrecision(6)));
}

/** Formats an integer with thousands separators. */
export function formatInteger(value: bigint): string {
  return group(value.toString());
}

function group(decimal: string): string {
  const [whole = "", fraction = ""] = decimal.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return /^0*$/.test(fraction) ? grouped : `${grouped}.${fraction}`;
}

/** Formats a block timestamp, in seconds, as UTC. */
export function formatTime(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", " UTC").replace("T", " ");
}
