import { signal } from '@preact/signals';

/** Where the page is, after the `#`: its path in parts, and its query. */
export interface Place {
  parts: string[];
  query: URLSearchParams;
}

const read = (): Place => {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { parts: path.split('/').filter(Boolean), query: new URLSearchParams(query) };
};

export const place = signal(read());

window.addEventListener('hashchange', () => {
  place.value = read();
  window.scrollTo(0, 0);
});

export const go = (hash: string) => {
  location.hash = hash;
};

/** The token that a mail's link ends in: `#confirm-email=…`, `#reset-password=…`. */
export const tokenIn = (text: string, purpose: string): string =>
  new RegExp(`#${purpose}=([^\\s&]+)`).exec(text)?.[1] ?? text.trim();
