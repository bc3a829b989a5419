import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { operationsOfTheContract } from "./operations";

// Nothing inline: the desk's Content-Security-Policy allows no inline script and no inline style.
export default defineConfig({
  plugins: [preact(), operationsOfTheContract()],
  base: "/",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["index.html", "public.html"], output: { manualChunks: undefined } },
  },
});
