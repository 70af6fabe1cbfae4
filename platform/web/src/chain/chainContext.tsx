// The chain as all parts of the page see it: its latest block, polled periodically, and whether its node answers.

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { wordsOf } from "../wallet/words.ts";
import { openSite, siteAtBlock, type BlockAt, type PageSite } from "./site.ts";

interface ChainView {
  readonly site: PageSite | undefined;
  readonly block: BlockAt | undefined;
  /** Why the chain can't be read at present, if so. */
  readonly trouble: string | undefined;
  /** Reads the latest block at once, and with it everything on the page. */
  readonly refresh: () => void;
}

const ChainContext = createContext<ChainView | undefined>(undefined);

/** Milliseconds between two checks for a new block. */
const PERIOD = 4_000;

export function ChainProvider({ children }: { readonly children: ReactNode }) {
  const [site, setSite] = useState<PageSite>();
  const [block, setBlock] = useState<BlockAt>();
  const [trouble, setTrouble] = useState<string>();
  const look = useRef<() => Promise<void>>(async () => undefined);

  useEffect(() => {
    let isOver = false;
    let known: PageSite | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const once = async () => {
      try {
        known ??= await openSite();
        const latest = await known.provider.getBlock("latest");
        if (isOver || latest === null) return;
        setSite(known);
        setTrouble(undefined);
        setBlock((last) =>
          last?.number === latest.number && last.timestamp === latest.timestamp
            ? last
            : { number: latest.number, timestamp: latest.timestamp },
        );
      } catch (error) {
        if (!isOver) setTrouble(await wordsOf(known?.chain.access, error));
      }
    };
    const loop = async () => {
      await once();
      if (!isOver) timer = setTimeout(() => void loop(), document.hidden ? 5 * PERIOD : PERIOD);
    };
    look.current = once;
    void loop();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);

  const refresh = useCallback(() => void look.current(), []);
  const view = useMemo(() => ({ site, block, trouble, refresh }), [site, block, trouble, refresh]);
  return <ChainContext value={view}>{children}</ChainContext>;
}

export function useChain(): ChainView {
  const view = useContext(ChainContext);
  if (view === undefined) throw new Error("there is no chain around this part of the page");
  return view;
}

/** Something that is read from the chain. The last value stays while the next one is read. */
export interface ChainReading<T> {
  readonly value: T | undefined;
  /** The block at which the value is true. */
  readonly block: BlockAt | undefined;
  readonly trouble: string | undefined;
}

type Read<T> = (site: PageSite, block: BlockAt) => Promise<T>;

/** Values by key, so that a page opens at once with what it showed before. */
const remembered = new Map<string, ChainReading<unknown>>();

/** Reads something at each new block. `key` identifies what is read; without a key, nothing is read. */
export function useReading<T>(key: string | undefined, read: Read<T>): ChainReading<T> {
  const { site, block, trouble } = useChain();
  const [reading, setReading] = useState<{ key: string; of: ChainReading<T> }>();
  const [turn, setTurn] = useState(0);
  // One read at a time: a slow one finishes before the next block's begins.
  const state = useRef({ key, read, isUnderWay: false, isGone: false, last: "" });
  state.current.key = key;
  state.current.read = read;

  useEffect(() => {
    const own = state.current;
    own.isGone = false;
    return () => void (own.isGone = true);
  }, []);

  useEffect(() => {
    const own = state.current;
    if (site === undefined || block === undefined || key === undefined || own.isUnderWay) return;
    const mark = `${block.number} ${block.timestamp} ${key}`;
    if (own.last === mark) return;
    own.last = mark;
    own.isUnderWay = true;
    const settle = (of: ChainReading<T>) => {
      own.isUnderWay = false;
      remembered.set(key, of);
      if (own.isGone) return;
      if (own.key === key) setReading({ key, of });
      setTurn((last) => last + 1);
    };
    own.read(siteAtBlock(site, block), block).then(
      (value) => settle({ value, block, trouble: undefined }),
      async (error: unknown) => {
        const words = await wordsOf(site.chain.access, error);
        const last = remembered.get(key) as ChainReading<T> | undefined;
        settle({ value: last?.value, block: last?.block, trouble: words });
      },
    );
  }, [site, block, key, turn]);

  const shown = reading?.key === key ? reading?.of : (remembered.get(key ?? "") as ChainReading<T> | undefined);
  return shown ?? { value: undefined, block: undefined, trouble };
}
