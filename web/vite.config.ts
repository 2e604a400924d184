import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Script and style as they are sent, beside them: compressed once and as well as can be, not at each request. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      const assets = path.join(dir, 'assets');
      for (const name of readdirSync(assets).filter((file) => /\.(js|css)$/.test(file))) {
        const file = path.join(assets, name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}

/** What the form of the sign-in page and the bar of the desk have in common. */
const FORM_AND_BAR =
  /\/antd\/es\/(form\/context|tooltip\/index|space\/index|flex\/index|config-provider\/hooks\/useCSSVarCls|_util\/(ContextIsolator|statusUtils|gapSize))\.js$|\/@rc-component\/form\/es\/index\.js$|\/(Eye|User|Global)Outlined\.js$/;

/**
 * What everybody loads, and what is loaded on top of it for whoever is signed in, in one file each, with everything they import: sixty
 * small files cost more time than their bytes (a link, a request and a compilation each). scripts/web-size.mjs holds the sum in bounds.
 */
const FIRST_LOAD = [
  { name: 'first', priority: 30, test: /\/web\/src\/app\/kept\.ts$|vite\/preload-helper|rolldown\/runtime/ },
  { name: 'core', priority: 20, test: (id: string) => id.endsWith('/web/src/main.tsx') || FORM_AND_BAR.test(id) },
  { name: 'desk', priority: 10, test: /\/web\/src\/app\/SignedIn\.tsx$/ },
  { name: 'words-zh', priority: 5, test: /\/web\/src\/first-words\/zh\.ts$/ },
  { name: 'words-en', priority: 5, test: /\/web\/src\/first-words\/en\.ts$/ },
];

/** The page asks for what everybody needs beside its first script, not after it. */
function askedAhead(): Plugin {
  return {
    name: 'asked-ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {} }) {
        const core = Object.values(bundle).find((one) => one.type === 'chunk' && one.name === 'core');
        if (core?.type !== 'chunk') throw new Error('the build has no chunk named core');
        const styles = [...(core.viteMetadata?.importedCss ?? [])];
        return [
          { tag: 'link', injectTo: 'head', attrs: { rel: 'modulepreload', crossorigin: true, href: `/${core.fileName}` } },
          ...styles.map((file) => ({
            tag: 'link',
            injectTo: 'head' as const,
            attrs: { rel: 'stylesheet', crossorigin: true, href: `/${file}` },
          })),
        ];
      },
    },
  };
}

// The program serves what is built here at `/`; during development the API of a running hotline is used.
export default defineConfig({
  plugins: [react(), askedAhead(), compressed()],
  build: {
    outDir: 'dist',
    // which file comes of which source: scripts/web-size.mjs adds up what a page loads
    manifest: true,
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 900,
    rolldownOptions: { output: { codeSplitting: { groups: FIRST_LOAD } } },
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
