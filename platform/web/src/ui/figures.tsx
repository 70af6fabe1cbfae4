// Figures as people read them: always with a unit, in aligned columns, with the exact value on hover.

import { formatUnits } from "ethers";
import type { ReactNode } from "react";
import {
  formatReserve,
  formatTime,
  formatTokens,
  RESERVE_DECIMALS,
  TOKEN_DECIMALS,
} from "../../../../sdk/base/units.ts";
import type { BlockAt } from "../chain/site.ts";

const grouped = (value: number, digits: number) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** About as many digits as a reader can use: 1,234,567 or 1.234567 or 0.0001235. */
export function readable(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1000) return value.toLocaleString("en", { maximumFractionDigits: size >= 100_000 ? 0 : 2 });
  if (size >= 1) return value.toLocaleString("en", { maximumFractionDigits: 4 });
  if (size < 1e-9) return value.toExponential(2);
  return value.toLocaleString("en", { maximumSignificantDigits: 4, maximumFractionDigits: 20 });
}

export const wholeTokens = (wei: bigint) => Number(formatUnits(wei, TOKEN_DECIMALS));
export const wholeReserve = (units: bigint) => Number(formatUnits(units, RESERVE_DECIMALS));
/** USDC for one token, from a pool's `spotPrice`. */
export const wholePrice = (priceWad: bigint) => Number(formatUnits(priceWad, TOKEN_DECIMALS + RESERVE_DECIMALS));

export function TokenAmount({ wei, symbol }: { readonly wei: bigint; readonly symbol: string }) {
  return (
    <span className="figure" title={`${formatTokens(wei)} ${symbol}`}>
      {readable(wholeTokens(wei))} <small>{symbol}</small>
    </span>
  );
}

export function Usdc({ units }: { readonly units: bigint }) {
  return (
    <span className="figure" title={`${formatReserve(units)} USDC`}>
      {grouped(wholeReserve(units), 2)} <small>USDC</small>
    </span>
  );
}

export function Price({ wad, symbol }: { readonly wad: bigint; readonly symbol: string }) {
  return (
    <span className="figure" title={`${formatUnits(wad, TOKEN_DECIMALS + RESERVE_DECIMALS)} USDC per ${symbol}`}>
      {readable(wholePrice(wad))} <small>USDC per {symbol}</small>
    </span>
  );
}

/** Bps as percent; with a sign if `isSigned`. */
export function inPercent(bps: bigint | number, isSigned = false): string {
  const value = Number(bps) / 100;
  const sign = value < 0 ? "−" : isSigned && value > 0 ? "+" : "";
  return `${sign}${Math.abs(value).toLocaleString("en", { maximumFractionDigits: 2 })} %`;
}

/** A count with its noun in singular or plural. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** A score, of at most 10,000 bps, in percent. */
export function Score({ bps }: { readonly bps: bigint | number }) {
  return (
    <span className="figure" title={`${bps} of 10,000 bps`}>
      {grouped(Number(bps) / 100, 2)} <small>%</small>
    </span>
  );
}

/** A time in the reader's time zone, and in UTC on hover. */
export function Time({ seconds }: { readonly seconds: bigint | number }) {
  const date = new Date(Number(seconds) * 1000);
  return (
    <time dateTime={date.toISOString()} title={formatTime(BigInt(seconds))}>
      {date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}
    </time>
  );
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** A length of time in its two largest units. */
export function spanOf(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const [size, name] of SPANS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? "" : "s"}`);
    rest %= size;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 seconds";
}

/** Says at which block the figures on the page are true. */
export function AtBlockNote({ block }: { readonly block: BlockAt | undefined }) {
  if (block === undefined) return null;
  return (
    <p className="at-block">
      True at block {block.number.toLocaleString("en")}, <Time seconds={block.timestamp} />
    </p>
  );
}

interface DatumProps {
  readonly name: ReactNode;
  readonly children: ReactNode;
  readonly note?: ReactNode;
}

/** A figure with its name, in a list of figures. */
export function Datum({ name, children, note }: DatumProps) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>
        {children}
        {note !== undefined && <small className="note">{note}</small>}
      </dd>
    </div>
  );
}
