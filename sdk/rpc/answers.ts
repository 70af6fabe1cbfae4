// What nodes and connections say when they do not do what they were asked for.

const FIRST_PAUSE = 250;

/** What endpoints and connections say when the same request may succeed a moment later. */
const PASSING = new RegExp(
  [
    "HH110|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR|socket|other side closed|timed? ?out|fetch failed",
    "Invalid JSON-RPC response|Too Many Requests|rate limit|limit exceeded|request limit|header not found|bad gateway",
    "service unavailable|internal server error|temporarily|missing trie node|unknown block|beyond (the )?(current )?head",
  ].join("|"),
  "i",
);

/** Codes of answers to those who ask too often, whatever the words. */
const BUSY = new Set<unknown>([429, -32005]);

/** What endpoints say about logs of more blocks than they read at once; some with the code of those that are asked too often. */
const TOO_WIDE =
  /\brange\b(?!.*\bhead\b)|more than \d+ (blocks|logs|results)|too many (blocks|logs|results)|response size/i;

/** Whether an endpoint refuses to read so many blocks at once, or to answer so much: to ask for the same again is in vain. */
export const isTooWide = (message: string) => TOO_WIDE.test(message);

/** Whether an endpoint or a connection failed, so that the same request may succeed a moment later. */
export function isOutage(error: unknown): boolean {
  return causesOf(error).some(
    ({ code, message }) => !isTooWide(message) && (BUSY.has(code) || PASSING.test(`${code} ${message}`)),
  );
}

/** Whether an endpoint answered that it will not do what it was asked for, now or later. */
export function isRefusal(error: unknown): boolean {
  return !isOutage(error) && causesOf(error).some(({ code }) => typeof code === "number");
}

/** Whether an account has not what a transaction costs. */
export function isOutOfFunds(error: unknown): boolean {
  return causesOf(error).some(({ message }) =>
    /insufficient funds|enough funds|exceeds? (the )?balance/i.test(message),
  );
}

/** Waits longer after each failure: 0.25 s, 0.5 s, 1 s … */
export async function pause(failures: number): Promise<void> {
  await new Promise((later) => setTimeout(later, FIRST_PAUSE * 2 ** (failures - 1)));
}

/** An error and what it was caused by. */
export function causesOf(error: unknown): { code: unknown; message: string }[] {
  if (typeof error !== "object" || error === null) return [];
  const { code, message, error: inner, info, parent, cause } = error as Record<string, unknown>;
  return [{ code, message: String(message) }, ...[inner, info, parent, cause].flatMap(causesOf)];
}
