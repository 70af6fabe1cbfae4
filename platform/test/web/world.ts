// The built page in Chromium, over a chain with a launched model, with a wallet that signs.

import { serve } from "@hono/node-server";
import { Contract, id, JsonRpcProvider, toQuantity, type EventLog, type HDNodeWallet } from "ethers";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { DeltaOneVerifier, ModelRegistry, TokenManager } from "../../../.build/abi";
import { startFaultyRpc, type FaultyRpc } from "../../../scripts/dev/world/faultyRpc";
import { rpc, runScript, startAnvil } from "../../../scripts/dev/world/process";
import { developmentKey } from "../../../sdk/base/accounts";
import { addressesIn } from "../../../sdk/client/deployment";
import { Endpoint } from "../../../sdk/rpc/endpoint";
import { besidePage } from "../../web/server";
import type { DraftView } from "../../../sdk/platform/wire";
import { draftFor, startPageService, type PageService } from "./service";

export const DIST = resolve(__dirname, "../../web/dist");
const EXECUTABLE = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Milliseconds that a page of a busy machine may take for anything. */
const PATIENCE = 120_000;

/** Which of the chain's accounts trades through the page: the one that bought everything in the launch. */
const TRADER = 8;

/** A wallet as a test drives it. */
export interface TestWallet {
  readonly account: string;
  /** Requests so far, by method. */
  readonly asked: string[];
  /** Transactions that it sent. */
  readonly sent: string[];
  /** Whether it is on the page's chain. */
  isAway: boolean;
  /** Whether it follows when it is asked to change the chain. */
  follows: boolean;
  /** Whether it refuses to sign and to send. */
  refuses: boolean;
  /** Sends something else with the same nonce instead. */
  replaces: boolean;
}

export interface PageWorld {
  readonly url: string;
  readonly chain: string;
  /** What a command needs in its environment to work on the chain. */
  readonly env: Readonly<Record<string, string>>;
  readonly node: FaultyRpc;
  readonly service: PageService;
  readonly provider: JsonRpcProvider;
  readonly trader: HDNodeWallet;
  readonly contracts: Readonly<Record<string, string>>;
  readonly pool: string;
  readonly token: string;
  open(path: string, options?: OpenOptions): Promise<Opened>;
  pass(seconds: number): Promise<void>;
  balanceOf(token: string, account: string): Promise<bigint>;
  /** Drafts and publishes a model; answers the draft's id. */
  propose(modelId: string): Promise<string>;
  /** Lets an account create models. */
  admit(account: string): Promise<void>;
  /** Whom the launch's improvement pays, the owner first. */
  payees(): Promise<string[]>;
  stop(): Promise<void>;
}

export interface OpenOptions {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly hasWallet?: boolean;
}

export interface Opened {
  readonly page: Page;
  readonly wallet: TestWallet;
  /** What the page complained of, and what it asked of other hosts. */
  readonly complaints: readonly string[];
}

const BALANCES = ["function balanceOf(address) view returns (uint256)"];

/** Chromium, with a built page to open. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(EXECUTABLE))
    throw new Error(`there is no browser at ${EXECUTABLE}: install Chromium, or name one in CHROMIUM_PATH.`);
  if (!existsSync(join(DIST, "index.html"))) throw new Error("the page is not built: npm run platform:build");
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

export async function startPageWorld(): Promise<PageWorld> {
  const browser = await openBrowser();
  const chain = await startAnvil();
  const args = ["--network", "localhost", "--model", "deploy/models/credit-default.json"];
  const { code, stderr } = await runScript("scripts/launch.ts", args, chain.env);
  if (code !== 0) throw new Error(`nothing was launched: ${stderr}`);
  const record = JSON.parse(readFileSync(join(chain.env["DEPLOYMENTS"] as string, "31337.json"), "utf8"));
  const provider = new JsonRpcProvider(chain.url, undefined, { cacheTimeout: -1 });
  await undoRelease(provider, record.contracts["ModelRegistry"].address);
  const trader = developmentKey(TRADER).connect(provider);
  const { contracts, chainId } = addressesIn(record);
  const node = await startFaultyRpc(chain.url);
  const endpoint = new Endpoint(node.url, { batch: 50, tries: 1 });
  const service = await startPageService(chain.url, addressesIn(record));
  const fetch = besidePage(service.fetch, { dist: DIST, deployment: addressesIn(record), node: endpoint });
  const server = serve({ fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const model = record.models["credit-default"];
  return {
    ...{ url, chain: chain.url, env: chain.env, node, service, provider, trader, contracts },
    pool: model.pool.address,
    token: model.token.address,
    open: (path, options = {}) => openPage(browser, { url, chainId, provider, trader }, path, options),
    pass: async (seconds) => {
      await rpc(chain.url, "evm_increaseTime", [seconds]);
      await rpc(chain.url, "evm_mine");
    },
    balanceOf: (token, account) => new Contract(token, BALANCES, provider).getFunction("balanceOf")(account),
    propose: async (modelId) => {
      const { developer } = service.keys;
      const drafted = await service.ask<DraftView>("POST", "/api/v1/models", developer, draftFor(modelId));
      await service.ask("POST", `/api/v1/models/drafts/${drafted.id}/publish`, developer);
      return drafted.id;
    },
    admit: async (account) => {
      const book = new Contract(contracts.TokenManager, TokenManager, provider);
      const [granted] = await book.queryFilter(book.filters["RoleGranted"]!(id("OPERATOR_ROLE")));
      const admin = (granted as EventLog).args["account"];
      await provider.send("anvil_setBalance", [admin, toQuantity(10n ** 18n)]);
      await provider.send("anvil_impersonateAccount", [admin]);
      const manager = book.connect(await provider.getSigner(admin)) as Contract;
      await (await manager.getFunction("grantRole")(id("DEPLOYER_ROLE"), account)).wait();
    },
    payees: async () => {
      const verifier = new Contract(contracts.DeltaOneVerifier, DeltaOneVerifier, provider);
      const [queued] = await verifier.queryFilter("PayoutQueued");
      return (queued as EventLog).args["accounts"].toArray();
    },
    stop: async () => {
      await browser.close();
      server.close();
      await service.stop();
      await node.stop();
      provider.destroy();
      await chain.stop();
    },
  };
}

/** The launch waited two days and released its reward: that is undone, so that the reward waits. */
async function undoRelease(provider: JsonRpcProvider, registry: string): Promise<void> {
  const [recorded] = await new Contract(registry, ModelRegistry, provider).queryFilter("ScoreMoved");
  const after = (await provider.getBlockNumber()) - (recorded?.blockNumber ?? 0);
  await provider.send("anvil_rollback", [after]);
}

/** What a page is opened over: its address, and the chain that its wallet sends to. */
export interface Surroundings {
  readonly url: string;
  readonly chainId: number;
  readonly provider: JsonRpcProvider;
  readonly trader: HDNodeWallet;
}

/** Opens a page in a context of its own. */
export async function openPage(
  browser: Browser,
  { url, chainId, provider, trader }: Surroundings,
  path: string,
  { width = 1280, scheme = "light", hasWallet = false }: OpenOptions,
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme: scheme });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`)) complaints.push(`asks ${request.url()}`);
  });
  const wallet: TestWallet = {
    ...{ account: trader.address, asked: [], sent: [] },
    ...{ isAway: false, follows: true, refuses: false, replaces: false },
  };
  if (hasWallet) {
    await page.exposeFunction("askWallet", async (method: string, params: readonly unknown[]) => {
      wallet.asked.push(method);
      return answerOf(wallet, { chainId, provider, trader }, method, params).then(
        (result) => ({ result }),
        (error: { code?: unknown; message?: unknown; data?: unknown }) => ({
          error: { code: error.code, message: String(error.message), data: error.data },
        }),
      );
    });
    await page.addInitScript(announce);
  }
  await page.goto(url + path);
  return { page, wallet, complaints };
}

/** A wallet's refusal, as EIP-1193 has it. */
const refusal = (code: number, message: string) => Object.assign(new Error(message), { code });

async function answerOf(
  wallet: TestWallet,
  { chainId, provider, trader }: Omit<Surroundings, "url">,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  switch (method) {
    case "eth_accounts":
    case "eth_requestAccounts":
      return [trader.address];
    case "eth_chainId":
      return toQuantity(wallet.isAway ? 1 : chainId);
    case "wallet_switchEthereumChain":
      if (!wallet.follows) throw refusal(4902, "unknown chain");
      wallet.isAway = false;
      return null;
    case "eth_signTypedData_v4": {
      if (wallet.refuses) throw refusal(4001, "refused");
      const { domain, types, message } = JSON.parse(String(params[1]));
      delete types.EIP712Domain;
      return trader.signTypedData(domain, types, message);
    }
    case "eth_sendTransaction": {
      if (wallet.refuses) throw refusal(4001, "refused");
      const { to, data, gas } = params[0] as { to: string; data: string; gas?: string };
      if (wallet.replaces) return replaced(provider, trader, { to, data, gas });
      const { hash } = await trader.sendTransaction({ to, data, gasLimit: gas });
      wallet.sent.push(hash);
      return hash;
    }
    default:
      return provider.send(method, [...params]);
  }
}

/** A transaction that is known and whose nonce another one takes. */
async function replaced(
  provider: JsonRpcProvider,
  trader: HDNodeWallet,
  { to, data, gas }: { readonly to: string; readonly data: string; readonly gas: string | undefined },
): Promise<string> {
  await provider.send("evm_setAutomine", [false]);
  const { hash, nonce } = await trader.sendTransaction({ to, data, gasLimit: gas });
  setTimeout(() => {
    void (async () => {
      const price = 500_000_000_000n;
      await trader.sendTransaction({ to: trader.address, nonce, maxFeePerGas: price, maxPriorityFeePerGas: price });
      await provider.send("evm_mine", []);
      await provider.send("evm_setAutomine", [true]);
    })();
  }, 1_500);
  return hash;
}

/** Runs in the browser: a wallet that announces itself and hands every request to the test. */
function announce(): void {
  interface Answer {
    readonly result?: unknown;
    readonly error?: { readonly code: unknown; readonly message: string; readonly data: unknown };
  }
  type Asking = { askWallet(method: string, params: readonly unknown[]): Promise<Answer> };
  const provider = {
    request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
      const { result, error } = await (window as unknown as Asking).askWallet(method, params);
      if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
      return result;
    },
  };
  const info = {
    uuid: "350670db-19fa-4704-a166-e52e178b59d2",
    name: "Test Wallet",
    icon: "",
    rdns: "org.example.test",
  };
  const say = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider } }));
  window.addEventListener("eip6963:requestProvider", say);
  say();
}

/** Opens a page whose wallet is connected. */
export async function openWithWallet(world: Pick<PageWorld, "open">, path: string): Promise<Opened> {
  const found = await world.open(path, { hasWallet: true });
  await found.page.getByRole("button", { name: "Connect wallet" }).click();
  await found.page.locator(".panel").getByRole("button", { name: "Test Wallet" }).click();
  await found.page
    .locator(".top")
    .getByRole("button", { name: found.wallet.account.slice(0, 6) })
    .waitFor();
  return found;
}

export const closePage = ({ page }: Opened): Promise<void> => page.context().close();
