import { defineConfig } from "vite";

// One classic script beside the page: the frame has no origin, so that it could not load modules of the desk's.
export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    emptyOutDir: false,
    lib: { entry: "src/viewer/viewer.ts", formats: ["iife"], name: "viewer", fileName: () => "viewer.js" },
  },
});
