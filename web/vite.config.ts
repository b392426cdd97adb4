import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.FEIHONG_URL ?? 'http://127.0.0.1:7400';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // Inlined files would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '/api': server,
      '/v4': server,
      '/binfo': { target: server.replace(/^http/, 'ws'), ws: true },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['{app,api,parts,pages,locales}/**/*.test.{ts,tsx}'],
  },
});
