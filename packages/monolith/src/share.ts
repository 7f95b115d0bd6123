import type { Transaction } from 'sequelize';
import type { ModelCtor } from 'sequelize-typescript';
import type { ImportSettings } from './settings.js';
import type { Source } from './source.js';

/** What is imported in one go, page by page; every page in one transaction. */
export interface Step {
  name: string;
  /** A statement on the old application: how many `rows` there are. */
  count: string;
  /** A statement on the old application: the next rows after the position `$1`, `$2`, …, in its order, and no more than memory and a transaction can take. */
  page: string;
  /** The columns of the position, which begins at zeros. */
  position: readonly string[];
  write(rows: never[], transaction: Transaction): Promise<void>;
}

/** Something in the old application's data that people should know. */
export interface Finding {
  /** Whether nothing can be imported before it is put right. */
  blocks: boolean;
  text: string;
}

/** Two statements that count the same, in the old application and here, as `rows`. */
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
  findings(source: Source): Promise<Finding[]>;
  steps: readonly Step[];
  proofs: readonly Proof[];
}
