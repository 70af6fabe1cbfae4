import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// In development, what the page asks of its own host goes to a running platform.
const target = process.env.PLATFORM_URL ?? "http://127.0.0.1:4180";

export default defineConfig({
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
  server: { proxy: Object.fromEntries(["/api", "/rpc", "/site.json", "/ready"].map((path) => [path, { target }])) },
});
