// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { OPERATOR_METRICS, PREFIX, Telemetry } from "../../operator/telemetry";

const read = (path: string) => readFileSync(resolve(__dirname, "../../docs", path), "utf8");
const isMetric = (name: string) => name in OPERATOR_METRICS;

describe("operator metrics and alert rules @uninstrumented", () => {
  const rules = read("examples/operator/alerts.yml");

  it("names in the alert rules only metrics that exist", () => {
    const named = [...rules.matchAll(/hokusai_\w+/g)].map(([name]) => name);
    expect(named.length).to.be.greaterThan(15);
    expect(named.filter((name) => !name.startsWith(PREFIX) || !isMetric(name.slice(PREFIX.length)))).to.deep.equal([]);
  });

  it("takes increases only of counters", () => {
    const counted = [...rules.matchAll(/increase\(hokusai_operator_(\w+)/g)].map(
      ([, name]) => name as keyof typeof OPERATOR_METRICS,
    );
    expect(counted).not.to.deep.equal([]);
    for (const name of counted) expect(OPERATOR_METRICS[name][0], name).to.equal("counter");
  });

  it("gives each alert a unique name, an expression, a severity and a summary", () => {
    const alerts = rules.split(/^ {6}- alert: /m).slice(1);
    expect(alerts).not.to.have.lengthOf(0);
    expect(alerts).to.have.lengthOf([...rules.matchAll(/\balert:/g)].length);
    for (const alert of alerts) {
      expect(alert).to.match(/^\w+\n {8}expr: \S.*\n/);
      expect(alert).to.match(/severity: (page|ticket) \}/);
      expect(alert).to.match(/summary: ".+" \}/);
    }
    const names = alerts.map((alert) => alert.split("\n")[0]);
    expect(new Set(names).size).to.equal(names.length);
  });

  it("renders fractional amounts as decimals", () => {
    const telemetry = new Telemetry(() => undefined);
    telemetry.set("spent_today_usdc", 12.5);
    telemetry.set("balance_ether", 0.05, { account: "0x01" });
    const samples = telemetry
      .render()
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(samples).to.deep.equal([
      'hokusai_operator_balance_ether{account="0x01"} 0.05',
      "hokusai_operator_spent_today_usdc 12.5",
    ]);
  });
});
