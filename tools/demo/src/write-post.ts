import type { Random } from './random.js';
import type { Theme } from './themes/theme.js';

/** What a post says. */
export interface PostText {
  title: string;
  content: string;
}

/** One post on a theme, in three paragraphs at most. */
export function writePost({ slots, stories, details, closings }: Theme, random: Random): PostText {
  const words = Object.fromEntries(
    Object.entries(slots).map(([slot, choices]) => [slot, random.pick(choices)]),
  );
  const { title, opening } = random.pick(stories);
  const middle = random.shuffle(details).slice(0, 1 + random.below(3));
  const paragraphs = [fill(opening, words), middle.join(' ')];
  if (random.next() < 0.7) paragraphs.push(random.pick(closings));
  return { title: fill(title, words), content: paragraphs.join('\n\n') };
}

/** Fills the slots and starts every sentence with a capital. */
function fill(template: string, words: Record<string, string>): string {
  const text = template.replaceAll(/\{(\w+)\}/g, (_, slot: string) => words[slot] ?? slot);
  return text.replaceAll(
    /(^|[.!?] )(\p{Ll})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}
