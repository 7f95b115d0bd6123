import { QueryTypes, type Sequelize } from 'sequelize';
import type { OddRows, Proof } from './share.js';
import type { Source } from './source.js';

/** Compares counts in the old application and here, prints both, and resolves to whether all agree. */
export async function prove(
  proofs: readonly Proof[],
  source: Source,
  database: Sequelize,
  odd: OddRows,
  print: (line: string) => void,
): Promise<boolean> {
  let agree = true;
  for (const { of, there, here } of proofs) {
    const [expected] = await source.rows<{ rows: string }>(there, [odd.users, odd.posts]);
    const [found] = await database.query<{ rows: string }>(here, { type: QueryTypes.SELECT });
    const same = expected?.rows === found?.rows;
    print(`${same ? '✓' : '✗'} ${of.padEnd(14)} ${expected?.rows} there, ${found?.rows} here`);
    agree &&= same;
  }
  return agree;
}
