// A pool's market between two of its events: fees stream into its reserve all the time, and no event reports that.

/** What the last event left in a pool. */
export interface StreamingMarket {
  /** Parts per million. */
  readonly crr: bigint;
  /** Reserve units. */
  readonly virtualReserve: bigint;
  /** Wei. */
  readonly curveSupply: bigint;
  /** The reserve plus what the stream has yet to release, in reserve units. */
  readonly held: bigint;
  /** What the stream had to release when it started, in reserve units. */
  readonly streamAmount: bigint;
  /** Seconds since 1970. */
  readonly streamStart: bigint;
  readonly streamEnd: bigint;
}

/** What the stream has yet to release at a time after the last event, in reserve units. */
export function pendingStreamAt({ streamAmount, streamStart, streamEnd }: StreamingMarket, time: bigint): bigint {
  if (time >= streamEnd) return 0n;
  return streamAmount - (streamAmount * (time - streamStart)) / (streamEnd - streamStart);
}

/** What the pool's `reserve` would return at a time after the last event. */
export function reserveAt(market: StreamingMarket, time: bigint): bigint {
  return market.held - pendingStreamAt(market, time);
}

/** What the pool's `spotPrice` would return at a time after the last event: reserve units per whole token, times 10^18. */
export function spotPriceAt(market: StreamingMarket, time: bigint): bigint {
  const { crr, curveSupply, virtualReserve } = market;
  return ((reserveAt(market, time) + virtualReserve) * 10n ** 42n) / (crr * curveSupply);
}

/** The market in a row of `models`; undefined before the model has a pool. */
export function marketOf(row: {
  readonly crr: number | null;
  readonly virtualReserve: string | null;
  readonly curveSupply: string | null;
  readonly held: string | null;
  readonly streamAmount: string | null;
  readonly streamStart: number | null;
  readonly streamEnd: number | null;
}): StreamingMarket | undefined {
  const { crr, virtualReserve, curveSupply, held, streamAmount, streamStart, streamEnd } = row;
  if (crr === null) return undefined;
  const whole = (value: string | number | null) => BigInt(value ?? 0);
  return {
    ...{ crr: BigInt(crr), virtualReserve: whole(virtualReserve), curveSupply: whole(curveSupply), held: whole(held) },
    ...{ streamAmount: whole(streamAmount), streamStart: whole(streamStart), streamEnd: whole(streamEnd) },
  };
}
