import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// Elsewhere this is `npm install @agora/client`; here it is the one of this checkout.
const client = fileURLToPath(new URL('../../clients/typescript/src/index.ts', import.meta.url));

export default defineConfig({
  build: { target: 'es2023' },
  resolve: { alias: { '@agora/client': client } },
});
