// The frame around every page: navigation, the wallet, the theme, and connection problems.

import { lazy, Suspense, useEffect, useRef, type ComponentType } from "react";
import { ChainProvider, useChain } from "./chain/chainContext.tsx";
import { ModelsPage } from "./pages/models.tsx";
import { ServiceProvider, useService } from "./service/serviceContext.tsx";
import { Link, matchPath, RouterProvider, useLocation } from "./router.tsx";
import { ThemeSwitch } from "./ui/themeSwitch.tsx";
import { Loading, Notice } from "./ui/parts.tsx";
import { WalletContextProvider } from "./wallet/walletContext.tsx";
import { WalletMenu } from "./wallet/walletMenu.tsx";

type Parameters = Readonly<Record<string, string>>;
type PageOf = ComponentType<{ readonly params: Parameters }>;

const ModelPage = lazy(async () => ({ default: (await import("./pages/model.tsx")).ModelPage as PageOf }));
const TradePage = lazy(async () => ({ default: (await import("./pages/trade.tsx")).TradePage as PageOf }));
const ContributePage = lazy(async () => ({
  default: (await import("./pages/contribute.tsx")).ContributePage as PageOf,
}));
const GovernPage = lazy(async () => ({ default: (await import("./pages/govern.tsx")).GovernPage as PageOf }));
const CreatePage = lazy(async () => ({ default: (await import("./pages/create.tsx")).CreatePage as PageOf }));
const ProposalPage = lazy(async () => ({ default: (await import("./pages/proposal.tsx")).ProposalPage as PageOf }));
const TrackerPage = lazy(async () => ({ default: (await import("./pages/tracker.tsx")).TrackerPage as PageOf }));
const ClaimPage = lazy(async () => ({ default: (await import("./pages/claim.tsx")).ClaimPage as PageOf }));

const ROUTES: readonly (readonly [string, PageOf, string])[] = [
  ["/", ModelsPage, "Models"],
  ["/models/:id", ModelPage, "Model"],
  ["/models/:id/trade", TradePage, "Trade"],
  ["/models/:id/contribute", ContributePage, "Contribute"],
  ["/models/:id/govern", GovernPage, "Govern"],
  ["/create", CreatePage, "Create"],
  ["/proposals/:id", ProposalPage, "Proposal"],
  ["/tracker", TrackerPage, "Tracker"],
  ["/claim", ClaimPage, "Claim"],
  ["/claim/:account", ClaimPage, "Claim"],
];

const NAVIGATION: readonly (readonly [string, string])[] = [
  ["/", "Models"],
  ["/create", "Create"],
  ["/tracker", "Tracker"],
  ["/claim", "Claim"],
];

/** What the footer of each page says about the platform's API. */
const WORDS_OF_SERVICE = { unknown: "", up: "", away: "The platform's API does not answer. " } as const;

export function App() {
  return (
    <RouterProvider>
      <ChainProvider>
        <ServiceProvider>
          <WalletContextProvider>
            <Frame />
          </WalletContextProvider>
        </ServiceProvider>
      </ChainProvider>
    </RouterProvider>
  );
}

function Frame() {
  const { path } = useLocation();
  const { site, block, trouble } = useChain();
  const { state } = useService();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const found = ROUTES.map(([pattern, Page, title]) => ({ params: matchPath(pattern, path), Page, title })).find(
    ({ params }) => params !== undefined,
  );
  const title = [found?.params?.["id"], found?.title ?? "Not found"].filter(Boolean).join(" · ");

  useEffect(() => {
    document.title = `${title} – Hokusai`;
    // Readers who use a keyboard or a screen reader start at the new page, not where the link was.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [title, path]);

  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M4 21c4 0 5-9 11-9 4 0 6 3 5 6-1-2-4-2-4 1 0 4 6 4 12 2v5H4z" />
          </svg>
          Hokusai
        </Link>
        <nav aria-label="Pages">
          {NAVIGATION.map(([to, name]) => (
            <Link
              key={to}
              to={to}
              isCurrent={to === "/" ? path === "/" || path.startsWith("/models") : path.startsWith(to)}
            >
              {name}
            </Link>
          ))}
        </nav>
        <div className="tools">
          <ThemeSwitch />
          <WalletMenu />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
        {found?.params ? (
          <Suspense fallback={<Loading what="the page" />}>
            <found.Page params={found.params} />
          </Suspense>
        ) : (
          <>
            <h1>There is no such page</h1>
            <p>
              Nothing is at {path}. <Link to="/">See all models</Link>.
            </p>
          </>
        )}
      </main>
      <footer className="bottom">
        <p>
          {site
            ? `${site.deployment.network}, chain id ${site.deployment.chainId}${block ? `, block ${block.number.toLocaleString("en")}` : ""}. `
            : ""}
          {WORDS_OF_SERVICE[state.kind]}
          Figures come from the chain itself. The contracts have not been audited by a third party.
        </p>
      </footer>
    </>
  );
}
