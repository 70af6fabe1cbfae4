// The curve without a chain, and what a deposit of usage fees pays to somebody who buys just before it.

export { MarketModel, type Amount, type ModelTrade, type Terms } from "./curve.ts";
export { bestPurchase, breakEvenLump, gainOf, readLumps, readPurchase, type Lumps, type Purchase } from "./lump.ts";
