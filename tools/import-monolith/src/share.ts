import type { Transaction } from 'sequelize';
import type { ModelCtor } from 'sequelize-typescript';
import type { ImportSettings } from './settings.js';
import type { Source } from './source.js';

/** What is imported in one go, page by page; every page in one transaction. */
export interface Step {
  name: string;
  /** A statement on the old application: how many `rows` there are. */
  count: string;
  /**
   * A statement on the old application: the next rows after the position `$1`, `$2`, …, in its order; then come how many at most, and the ids
   * of the odd users and posts, which are left out.
   */
  page: string;
  /** How many rows a page has at most, for what memory can take; 20,000 by default. */
  mostRows?: number;
  /** The columns of the position, which begins at zeros. */
  position: readonly string[];
  write(rows: never[], transaction: Transaction): Promise<void>;
}

/** Something in the old application's data that people should know. */
export interface Finding {
  /** What is odd, such as `users without a usable e-mail address`. */
  kind: string;
  ids: readonly (number | string)[];
  /** What becomes of the rows: `changed` says what they are changed into. Otherwise they are odd, and block the import until they are fixed or left out with `--skip-odd`. */
  changed?: string;
  /** Which rows those ids are of, when they can be left out. */
  odd?: keyof OddRows;
}

/** Rows of the old application that are left out, with all that belongs to them. */
export interface OddRows {
  users: number[];
  posts: number[];
}

/** Two statements that count the same, in the old application and here, as `rows`; the former is given the ids of the odd users and posts. */
export interface Proof {
  of: string;
  there: string;
  here: string;
}

/** A service's share of the import, which it writes to its own schema in its own role. */
export interface Share {
  service: string;
  readSettings(): ImportSettings;
  models: ModelCtor[];
  /** The tables that must hold nothing when the import begins. */
  tables: readonly string[];
  /** The table whose new ids must come after those of the old application, where they are given here. */
  givesIdsTo?: string;
  findings(source: Source, odd: OddRows): Promise<Finding[]>;
  steps: readonly Step[];
  proofs: readonly Proof[];
}
