import { useSyncExternalStore } from "react";

const NARROW = "(max-width: 560px)";

/** Width of a chart in its own units: fewer on a phone, so that its text is as large as on a desktop. */
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
