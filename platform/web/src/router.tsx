// The addresses of the page's parts, so that each can be shared as a link.

import { createContext, useContext, useEffect, useMemo, useState, type MouseEvent, type ReactNode } from "react";

interface Location {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly go: (to: string, options?: { readonly replace?: boolean }) => void;
}

const RouterContext = createContext<Location | undefined>(undefined);

const here = () => location.pathname + location.search;

export function RouterProvider({ children }: { readonly children: ReactNode }) {
  const [at, setAt] = useState(here);

  useEffect(() => {
    const onMove = () => setAt(here());
    window.addEventListener("popstate", onMove);
    return () => window.removeEventListener("popstate", onMove);
  }, []);

  const value = useMemo((): Location => {
    const url = new URL(at, location.origin);
    return {
      path: url.pathname,
      query: url.searchParams,
      go: (to, { replace = false } = {}) => {
        if (replace) history.replaceState(null, "", to);
        else history.pushState(null, "", to);
        setAt(here());
        if (!replace) scrollTo(0, 0);
      },
    };
  }, [at]);
  return <RouterContext value={value}>{children}</RouterContext>;
}

export function useLocation(): Location {
  const value = useContext(RouterContext);
  if (value === undefined) throw new Error("there is no router around this part of the page");
  return value;
}

interface LinkProps {
  readonly to: string;
  readonly className?: string;
  readonly isCurrent?: boolean;
  readonly children: ReactNode;
}

/** A link within the page; opened in a new tab or window, it behaves like an ordinary one. */
export function Link({ to, className, isCurrent = false, children }: LinkProps) {
  const { go } = useLocation();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} className={className} onClick={follow} {...(isCurrent && { "aria-current": "page" as const })}>
      {children}
    </a>
  );
}

/** Matches a path against a pattern such as `/models/:id`; returns the decoded parts by name, or undefined if the path does not match. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [pattern, path].map((each) => each.replace(/\/$/, "").split("/"));
  if (wanted === undefined || given === undefined || wanted.length !== given.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) {
      try {
        found[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return undefined;
      }
    } else if (part !== value) return undefined;
  }
  return found;
}
