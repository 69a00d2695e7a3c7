import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

// For `npm run dev`: the address that `httptask dev --no-open` printed, without its fragment.
const target = loadEnv("", ".", "HTTPTASK_").HTTPTASK_DESIGNER ?? "http://127.0.0.1:7280";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../httptask/designer/bundle",
    emptyOutDir: true,
    modulePreload: { polyfill: false }, // an inline script otherwise; every browser that runs this has it
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target, changeOrigin: true, headers: { origin: target } } },
  },
  test: { environment: "node", restoreMocks: true },
});
