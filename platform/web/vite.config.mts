import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** What the page asks of its own host: in development it goes to a running platform. */
const ASKED = ["/rpc", "/site.json", "/api", "/ready"];

const target = process.env.PLATFORM_URL;

export default defineConfig(({ command }) => {
  if (command === "serve" && target === undefined)
    throw new Error("PLATFORM_URL is not set: give it the API's address, which npm run platform prints.");
  return {
    root: import.meta.dirname,
    plugins: [react()],
    build: {
      outDir: "dist",
      emptyOutDir: true,
      target: "es2022",
      // Nothing is inlined: the policy of the page allows no data but pictures.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    worker: { format: "es" },
    server: { host: "127.0.0.1", proxy: Object.fromEntries(ASKED.map((path) => [`^${path}(/|$)`, { target }])) },
  };
});
