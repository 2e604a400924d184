import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The program serves what is built here at `/`; during development the API of a running hotline is used.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    // which file comes of which source: scripts/web-size.mjs adds up what a page loads
    manifest: true,
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 900,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:8080',
      '/socket.io': { target: 'http://127.0.0.1:8080', ws: true },
      '/sip': { target: 'http://127.0.0.1:8080', ws: true },
    },
  },
});
