import { baking } from './baking.js';
import { boardGames } from './board-games.js';
import { books } from './books.js';
import { cycling } from './cycling.js';
import { garden } from './garden.js';
import { neighbourhood } from './neighbourhood.js';
import { programming } from './programming.js';
import { repairs } from './repairs.js';
import type { Theme } from './theme.js';

/** The topics of the demo's posts. */
export const themes: readonly Theme[] = [
  baking,
  boardGames,
  books,
  cycling,
  garden,
  neighbourhood,
  programming,
  repairs,
];
