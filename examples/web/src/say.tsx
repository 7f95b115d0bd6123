import { AgoraError } from '@agora/client';
import { signal } from '@preact/signals';

const said = signal('');
let over: ReturnType<typeof setTimeout> | undefined;

/** Tells everybody, those who listen too. */
export const say = (text: string) => {
  // The same words twice are news again.
  said.value = '';
  setTimeout(() => (said.value = text));
  clearTimeout(over);
  over = setTimeout(() => (said.value = ''), 10_000);
};

/** What went wrong, in a sentence. */
export const sentenceOf = (error: unknown): string =>
  error instanceof AgoraError
    ? error.message
    : 'Agora can’t be reached just now. Nothing is lost: try again.';

/** What was said last, at the foot of the page. */
export const Said = () => (
  <p class="said" role="status" aria-live="polite" hidden={said.value === ''}>
    {said.value}
    <button type="button" class="quiet" aria-label="Dismiss" onClick={() => (said.value = '')}>
      ×
    </button>
  </p>
);
