import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

// The server of Parley serves what this builds. In development its address comes from PARLEY_SERVER.
const server = loadEnv('development', '.', 'PARLEY_').PARLEY_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  base: '/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The page's policy is script-src 'self'; nothing may be inlined into it.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { '/ws': { target: server, ws: true }, '/api': { target: server } },
  },
});
