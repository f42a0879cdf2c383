import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

// One static single-page app: the control plane serves every unknown path with 200.html, and the page asks the API.
// `npm run dev` has no control plane of its own; ASSAY_API says where one runs.
const api = process.env.ASSAY_API;

export default defineConfig({
  plugins: [
    tailwindcss(),
    sveltekit({
      adapter: adapter({ fallback: '200.html' }),
      compilerOptions: { runes: true },
      // The tab holds a token: no script but the app's own may ever run beside it.
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['self'],
          'script-src': ['self'],
          'style-src': ['self', 'unsafe-inline'],
          'img-src': ['self', 'data:'],
          'object-src': ['none'],
          'base-uri': ['self'],
          'form-action': ['self'],
        },
      },
    }),
  ],
  ...(api !== undefined && { server: { proxy: { '/api': api } } }),
});
