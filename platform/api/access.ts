// Identifies callers and checks what they may do.

import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "../../sdk/base/problem";
import type { ApiScope } from "../../sdk/platform/wire";
import type { Database } from "../store/database";
import type { RequestFacts } from "./context";
import { ApiRefusal } from "./failure";
import { callerOf, type ApiCaller } from "./keys";
import type { RateLimiter } from "./rates";

/** Identifies the caller and counts the request against its rate. A wrong key is refused even where no key is needed. */
export function identify(
  db: Database,
  rates: { readonly known: RateLimiter; readonly anonymous: RateLimiter },
): MiddlewareHandler<RequestFacts> {
  return async (context, next) => {
    const client = clientOf(context);
    context.set("client", client);
    const header = context.req.header("authorization");
    let caller: ApiCaller | undefined;
    if (header !== undefined) {
      const key = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(header)?.[1];
      caller = key === undefined ? undefined : await callerOf(db, key);
      if (caller === undefined) {
        count(rates.anonymous, client); // guesses count too
        throw new Problem("BAD_KEY", "the key is unknown or revoked: send one as `authorization: Bearer hk_…`.");
      }
    }
    count(caller ? rates.known : rates.anonymous, caller?.account ?? client);
    context.set("caller", caller);
    await next();
  };
}

/** Lets through only callers whose key has the scope. */
export function needs(scope: ApiScope): MiddlewareHandler<RequestFacts> {
  return async (context, next) => {
    const caller = requireCaller(context);
    if (!isGranted(caller, scope))
      throw new Problem(
        "NOT_ALLOWED",
        `the key of ${caller.account} lacks the scope ${scope}: ask for one that has it.`,
      );
    await next();
  };
}

/** Returns the caller; throws `BAD_KEY` if the request has no key. */
export function requireCaller(context: Context<RequestFacts>): ApiCaller {
  const caller = context.get("caller");
  if (caller === undefined) throw new Problem("BAD_KEY", "this needs a key: send one as `authorization: Bearer hk_…`.");
  return caller;
}

/** Returns the caller of a request that {@link needs} has let through. */
export function callerIn(context: Context<RequestFacts>): ApiCaller {
  return context.get("caller") as ApiCaller;
}

/** Whether the caller is the owning account or an admin. */
export function isOwner(caller: ApiCaller | undefined, owner: string): boolean {
  return caller !== undefined && (caller.account === owner || caller.scopes.has("admin"));
}

/** Throws `NOT_ALLOWED` if something belongs to another account. */
export function requireOwner(caller: ApiCaller, owner: string, what: string): void {
  if (!isOwner(caller, owner)) throw new Problem("NOT_ALLOWED", `${what} belongs to another account.`);
}

function isGranted({ scopes }: ApiCaller, scope: ApiScope): boolean {
  return scopes.has(scope) || scopes.has("admin");
}

function count(limiter: RateLimiter, who: string): void {
  const wait = limiter.take(who);
  if (wait === 0) return;
  throw new ApiRefusal(429, "BUSY", `too many requests: try again in ${wait} s.`, { retryAfter: wait });
}

/** The peer's address. Behind a proxy, all clients without a key share one rate. */
function clientOf(context: Context<RequestFacts>): string {
  const { incoming } = (context.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress ?? "local";
}
