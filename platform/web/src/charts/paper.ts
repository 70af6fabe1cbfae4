import { useSyncExternalStore } from "react";

const NARROW = "(max-width: 560px)";

/** Units that a drawing is wide: as many on a phone as leave its words as large as on a desktop. */
export function usePaperWidth(): number {
  const isNarrow = useSyncExternalStore(
    (onChange) => {
      const query = matchMedia(NARROW);
      query.addEventListener("change", onChange);
      return () => query.removeEventListener("change", onChange);
    },
    () => matchMedia(NARROW).matches,
  );
  return isNarrow ? 300 : 560;
}
