// SPDX-License-Identifier: MIT
// A launch as one page that needs nothing else: no scripts, no fonts, no network.

import type { LaunchDocument } from "../../../deploy/demo/document";
import { nameOf } from "../../../deploy/journal";
import { formatInteger, formatPrice, formatReserve, formatTokens, roundTokens } from "../../../sdk/base/units";
import type { Sent } from "../../../sdk/client/confirm";
import type { PayoutStatus } from "../../../sdk/state/payouts";
import { curveChart, PAPERS } from "./curve";
import { html, type Markup } from "../../../sdk/base/html";
import { figureList, renderReportPage } from "../../../sdk/base/reportPage";
import { streamChart } from "./stream";

/** The page of a launch. Everything in it that comes from files or the chain is escaped. */
export function renderReport(launch: LaunchDocument): string {
  const { model, network } = launch;
  return renderReportPage({
    title: model.name,
    kind: "Launch report",
    lead: html`<p class="muted">
      ${model.symbol} · model <code>${model.id}</code> · ${model.status.toLowerCase()} on ${network.name}, chain
      ${network.chainId}
    </p>`,
    main: html`${figures(launch)} ${market(launch)} ${supply(launch)} ${rewards(launch)} ${fees(launch)}
    ${transactions(launch)} ${addresses(launch)}`,
    footer: html`Drawn from the document that <code>npm run launch -- --json</code> prints. Prices are in USDC per whole
      token; token amounts are rounded down to four decimals.`,
  });
}

function figures({ pool, supply: { total }, model, deployment, steps }: LaunchDocument): Markup {
  return figureList([
    ["Price now", formatPrice(pool.spotPrice), "USDC"],
    ["Reserve", formatReserve(floor(pool.reserve, 10n ** 6n)), "USDC"],
    ["Supply", formatTokens(floor(total, 10n ** 18n)), model.symbol],
    ["Sent in this run", formatInteger(gasOf([...deployment, ...steps])), "gas"],
  ]);
}

function market(launch: LaunchDocument): Markup {
  const { pool, model, history } = launch;
  const trades = html`<div class="wrap">
    <table id="trades">
      <caption>
        Trades in the order of the chain; USDC with trade fees, price in USDC per ${model.symbol}
      </caption>
      <thead>
        <tr>
          <th scope="col">Trade</th>
          <th scope="col">USDC</th>
          <th scope="col">${model.symbol}</th>
          <th scope="col">Price after</th>
        </tr>
      </thead>
      <tbody>
        ${history.trades.map(
          ({ side, reserve, tokens, priceAfter }, index) =>
            html`<tr>
              <th scope="row">${index + 1} · ${side}</th>
              <td>${formatReserve(reserve)}</td>
              <td>${amount(tokens)}</td>
              <td>${formatPrice(priceAfter)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
  return html`<section aria-labelledby="market">
    <h2 id="market">Price curve</h2>
    <p>
      Buys mint tokens and move the price up the curve; sells burn them and move it back. Created at
      ${formatPrice(pool.priceAtCreation)} USDC, with a reserve ratio of ${percent(pool.crr / 100n)} and a trade fee of
      ${percent(pool.tradeFee)}.
    </p>
    ${PAPERS.map((paper) => curveChart(launch, paper))}
    <ul class="key">
      <li><span class="curve"></span>curve at creation</li>
      ${history.fees.length > 0 ? html`<li><span class="lifted"></span>curve now, lifted by usage fees</li>` : ""}
      <li><span class="buy"></span>buy</li>
      <li><span class="sell"></span>sell</li>
      <li><span class="now">+</span>price now</li>
    </ul>
    ${history.trades.length > 0 ? trades : html`<p>Nobody has traded yet.</p>`}
  </section>`;
}

function supply({ supply: buckets, model, dilution }: LaunchDocument): Markup {
  const rows: [string, string, bigint, bigint][] = [
    ["Supplier", "minted once, to the recipient fixed at deployment", buckets.supplier.minted, buckets.supplier.cap],
    ["Investors", "minted by buys, burnt by sells", buckets.investor.issued, buckets.investor.cap],
    ["Rewards", "minted for verified improvements, never refilled", buckets.reward.minted, buckets.reward.cap],
  ];
  return html`<section aria-labelledby="supply">
    <h2 id="supply">Supply against caps</h2>
    <p>
      Every bucket has a cap that was fixed when the token was deployed. ${amount(buckets.total)} ${model.symbol} exist;
      there can never be more than ${amount(buckets.maxSupply + buckets.reward.cap)}.
    </p>
    <ul class="buckets">
      ${rows.map(
        ([name, how, minted, cap]) =>
          html`<li>
            <h3>${name} <span>${percent(share(minted, cap))} of the cap</span></h3>
            ${bar(`${name}: ${amount(minted)} of ${amount(cap)} ${model.symbol}`, [["full", minted, cap]])}
            <p>${amount(minted)} of ${amount(cap)} ${model.symbol}, ${amount(cap - minted)} left · ${how}</p>
          </li>`,
      )}
    </ul>
    ${dilution ? html`<p>The improvements that the model's file expects within two years would mint ${amount(dilution.rewards)} ${model.symbol}, ${percent(dilution.bps)} of a full supply of ${amount(dilution.supply)}.</p>` : ""}
  </section>`;
}

function rewards({ history: { improvements }, model, improvement, belowTarget }: LaunchDocument): Markup {
  const missed = belowTarget ? html`<p>Nothing was paid in this run: ${belowTarget.message}</p>` : "";
  const measured = improvement
    ? html`<p>
        Measured in this run: ${improvement.metric} ${improvement.baselineValue} → ${improvement.candidateValue}, at
        least ${improvement.lowerBoundBps} bps better at the benchmark's level of error.
      </p>`
    : "";
  const tables = improvements.map(
    ({ baselineScore, candidateScore, reward, payments, timestamp, status, releasableFrom }, index) =>
      html`<table class="rewards">
        <caption>
          Improvement ${index + 1}, ${time(timestamp)}: score ${formatInteger(baselineScore)} →
          ${formatInteger(candidateScore)} of 10,000 bps
        </caption>
        <thead>
          <tr>
            <th scope="col">${PAYEES[status]}</th>
            <th scope="col">${model.symbol}</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          ${payments.map(
            ({ account, amount: paid }, place) =>
              html`<tr>
                <th scope="row">${place === 0 ? "owner" : "contributor"}<span class="hash">${account}</span></th>
                <td>${amount(paid)}</td>
                <td>${percent(share(paid, reward))}</td>
              </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Reward, ${stateOf(status, releasableFrom)}</th>
            <td>${amount(reward)}</td>
            <td></td>
          </tr>
        </tfoot>
      </table>`,
  );
  return html`<section aria-labelledby="rewards">
    <h2 id="rewards">Reward history</h2>
    <p>
      A verified improvement moves the score at once and pays once: 70 % to the contributors, 30 % to the model's owner.
      The reward waits in public until anybody can release it; meanwhile a guardian can stop it.
    </p>
    ${measured} ${missed} ${tables.length > 0 ? tables : html`<p>No improvement has been recorded yet.</p>`}
  </section>`;
}

/** The heading of a reward's payees, by the reward's status. */
const PAYEES: Readonly<Record<PayoutStatus, string>> = {
  waits: "To be paid",
  due: "To be paid",
  stopped: "To be paid",
  void: "Not paid",
  released: "Paid to",
  returned: "Not paid",
};

function stateOf(status: PayoutStatus, releasableFrom: bigint): string {
  const states: Readonly<Record<PayoutStatus, string>> = {
    waits: `waiting until ${time(releasableFrom)}`,
    due: "which anybody can release",
    stopped: "stopped until the admin decides",
    void: "void",
    released: "released",
    returned: "void and returned",
  };
  return states[status];
}

function fees(launch: LaunchDocument): Markup {
  const { history, usage } = launch;
  const split = usage
    ? html`<ul class="buckets">
        <li>
          <h3>
            ${formatReserve(usage.fee)} USDC of fees
            <span>price ${formatPrice(usage.priceBefore)} → ${formatPrice(usage.priceAfter)} USDC a day later</span>
          </h3>
          ${bar(
            `${formatReserve(usage.infrastructure)} USDC to infrastructure, ${formatReserve(usage.pool)} USDC to the pool`,
            [
              ["infrastructure", usage.infrastructure, usage.fee],
              ["stream", usage.pool, usage.fee],
            ],
          )}
          <p>
            ${formatReserve(usage.infrastructure)} USDC to infrastructure, ${formatReserve(usage.invoice.amount)} of it
            for an invoice · ${formatReserve(usage.pool)} USDC to the pool's stream
          </p>
        </li>
      </ul>`
    : "";
  const charts = PAPERS.map((paper) => streamChart(launch, paper));
  return html`<section aria-labelledby="fees">
    <h2 id="fees">Fee stream</h2>
    <p>
      A share of every usage fee pays the model's infrastructure. The rest flows into the pool's reserve over a day, so
      that nobody gains by trading around a deposit, and lifts the price for all holders.
    </p>
    ${split} ${history.fees.length > 0 ? charts : html`<p>No usage fees have been paid yet.</p>`}
  </section>`;
}

function transactions({ deployment, steps, found }: LaunchDocument): Markup {
  const group = (name: string, sent: readonly Sent[]) =>
    html`<tbody>
      <tr class="group">
        <th scope="rowgroup">${name}</th>
        <td>${formatInteger(gasOf(sent))}</td>
      </tr>
      ${sent.map(
        ({ name: step, hash, gasUsed }) =>
          html`<tr class="transaction">
            <td>${nameOf(step)}<span class="hash">${hash}</span></td>
            <td>${formatInteger(gasUsed)}</td>
          </tr>`,
      )}
    </tbody>`;
  const groups = [
    ["Protocol", deployment],
    ["Model", steps],
  ] as const;
  const all = [...deployment, ...steps];
  return html`<section aria-labelledby="transactions">
    <h2 id="transactions">Transactions</h2>
    <p>Everything that this run sent.</p>
    ${found.length > 0 ? html`<p>Found on chain: ${found.join(", ")}.</p>` : ""}
    <table id="gas">
      <caption>
        ${all.length} transactions with the gas that each used
      </caption>
      <thead>
        <tr>
          <th scope="col">Transaction</th>
          <th scope="col">Gas</th>
        </tr>
      </thead>
      ${groups.filter(([, sent]) => sent.length > 0).map(([name, sent]) => group(name, sent))}
      <tfoot>
        <tr>
          <th scope="row">In all</th>
          <td>${formatInteger(gasOf(all))}</td>
        </tr>
      </tfoot>
    </table>
  </section>`;
}

function addresses({ protocol, model }: LaunchDocument): Markup {
  const rows = [["Token", model.token], ["Pool", model.pool], ...Object.entries(protocol)] as [string, string][];
  return html`<section aria-labelledby="addresses">
    <h2 id="addresses">Addresses</h2>
    <table>
      <caption>
        The model's contracts and the protocol's
      </caption>
      <thead>
        <tr>
          <th scope="col">Contract</th>
          <th scope="col">Address</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, address]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td><code>${address}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** Parts of a whole, side by side; each entry has kind, part and whole. */
function bar(title: string, parts: readonly (readonly [string, bigint, bigint])[]): Markup {
  let start = 0;
  const pieces = parts.map(([kind, part, whole]) => {
    const width = Number(share(part, whole)) / 100;
    const piece = html`<rect class="bar-${kind}" x="${start}" width="${width}" height="14" />`;
    start += width;
    return piece;
  });
  return html`<svg viewBox="0 0 100 14" preserveAspectRatio="none" role="img">
    <title>${title}</title>
    <rect class="bar-empty" width="100" height="14" />
    ${pieces}
  </svg>`;
}

const amount = (wei: bigint) => formatTokens(roundTokens(wei));
const floor = (value: bigint, unit: bigint) => (value / unit) * unit;
const gasOf = (sent: readonly Sent[]) => sent.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
const share = (part: bigint, whole: bigint) => (part * 10_000n) / whole;
const percent = (bps: bigint) => `${Number(bps) / 100}\u00a0%`;
const time = (timestamp: bigint) =>
  new Date(Number(timestamp) * 1000)
    .toISOString()
    .replace(/:\d\d\.000Z$/, " UTC")
    .replace("T", " ");
