// The platform's API: whether it answers, how far its indexer is, and the key that the reader has typed.

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { PlatformClient } from "../../../../sdk/platform/client.ts";
import { wordsOf } from "../wallet/words.ts";

/** Whether the API answers, and how far its indexer is. */
export type ServiceState =
  | { readonly kind: "unknown" | "away" }
  /** `behind` is the number of the chain's blocks that the indexer has not read yet. */
  | { readonly kind: "up"; readonly indexed: number; readonly behind: number };

interface ServiceView {
  readonly state: ServiceState;
  /** Counts the API's answers; readings are repeated at each. */
  readonly looks: number;
  readonly client: PlatformClient;
  /** The key as typed. */
  readonly apiKey: string;
  /** Whether the typed text has the form of a key. Data that are not public are requested only then. */
  readonly hasKey: boolean;
  readonly setApiKey: (key: string) => void;
  /** Asks the API at once. */
  readonly look: () => void;
}

const ServiceContext = createContext<ServiceView | undefined>(undefined);

/** Milliseconds between two checks. */
const PERIOD = 4_000;

/** The page reports an API that does not answer rather than wait for it. */
const PATIENCE = { tries: 1, timeout: 10_000 } as const;

const KEPT = "platform-key";

const WHOLE_KEY = /^hk_[0-9a-f]{16}_[0-9a-f]{64}$/;

/** A client of the API on the page's own host. */
export function clientWith(key: string, signal?: AbortSignal): PlatformClient {
  return new PlatformClient({
    ...{ url: location.origin, ...PATIENCE },
    ...(key !== "" && { key }),
    ...(signal && { signal }),
  });
}

function keptKey(): string {
  try {
    return sessionStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

export function ServiceProvider({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState<ServiceState>({ kind: "unknown" });
  const [looks, setLooks] = useState(0);
  const [apiKey, setKey] = useState(keptKey);
  const once = useRef<() => Promise<void>>(async () => undefined);

  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const client = clientWith("");
    const ask = async () => {
      const answer = await client.ready().catch(() => undefined);
      if (isOver) return;
      const indexed = answer?.indexed_block ?? null;
      if (indexed === null) return setState({ kind: "away" });
      const behind = Math.max(0, (answer?.latest_block ?? indexed) - indexed);
      setState((last) =>
        last.kind === "up" && last.indexed === indexed && last.behind === behind
          ? last
          : { kind: "up", indexed, behind },
      );
      setLooks((count) => count + 1);
    };
    const loop = async () => {
      await ask();
      if (!isOver) timer = setTimeout(() => void loop(), document.hidden ? 5 * PERIOD : PERIOD);
    };
    once.current = ask;
    void loop();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);

  const look = useCallback(() => void once.current(), []);
  const setApiKey = useCallback((key: string) => {
    setKey(key.trim());
    try {
      sessionStorage.setItem(KEPT, key.trim());
    } catch {
      // no storage: the key lasts until the page is left
    }
  }, []);
  const hasKey = WHOLE_KEY.test(apiKey);
  // With a half-typed key, the API would refuse even public reads.
  const client = useMemo(() => clientWith(hasKey ? apiKey : ""), [apiKey, hasKey]);
  const view = useMemo(
    () => ({ state, looks, client, apiKey, hasKey, setApiKey, look }),
    [state, looks, client, apiKey, hasKey, setApiKey, look],
  );
  return <ServiceContext value={view}>{children}</ServiceContext>;
}

export function useService(): ServiceView {
  const view = useContext(ServiceContext);
  if (view === undefined) throw new Error("there is no platform around this part of the page");
  return view;
}

/** Something that is read from the API. The last value stays while the next one is read. */
export interface ServiceReading<T> {
  readonly value: T | undefined;
  readonly trouble: string | undefined;
  /** Reads it again at once. */
  readonly again: () => void;
}

/** Reads something from the API each time that the API has answered. `key` identifies what is read; without a key, nothing is read. */
export function useKept<T>(key: string | undefined, read: (client: PlatformClient) => Promise<T>): ServiceReading<T> {
  const { client, looks } = useService();
  const [reading, setReading] = useState<{ key: string; value: T | undefined; trouble: string | undefined }>();
  const [turn, setTurn] = useState(0);
  const latest = useRef(read);
  latest.current = read;

  useEffect(() => {
    if (key === undefined || looks === 0) return;
    let isOver = false;
    const settle = (value: T | undefined, trouble: string | undefined) => {
      if (isOver) return;
      setReading((last) => ({ key, value: value ?? (last?.key === key ? last.value : undefined), trouble }));
    };
    latest.current(client).then(
      (value) => settle(value, undefined),
      async (error: unknown) => settle(undefined, await wordsOf(undefined, error)),
    );
    return () => void (isOver = true);
  }, [key, client, looks, turn]);

  const again = useCallback(() => setTurn((last) => last + 1), []);
  const isShown = reading !== undefined && reading.key === key;
  return { value: isShown ? reading.value : undefined, trouble: isShown ? reading.trouble : undefined, again };
}
