import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// Nothing inline: the desk's Content-Security-Policy allows no inline script and no inline style.
export default defineConfig({
  plugins: [preact()],
  base: "/",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { output: { manualChunks: undefined } },
  },
});
