import type { KeyLife } from './key-life.js';
import type { Outcome } from './rotate-keys.js';

/** What a command has to say: for people as a table, or as one JSON object. */
export function printOutcome({ message, kid, lives }: Outcome, isJson: boolean): string {
  if (isJson) return JSON.stringify({ message, kid, keys: lives.map(keyAsJson) }, null, 2);
  const heading = ['kid', 'algorithm', 'state', 'created', 'signs from', 'published until'];
  const table = lives.length > 0 ? alignColumns([heading, ...lives.map(rowOf)]) : ['There are no keys yet.'];
  return [...(message ? [message, ''] : []), ...table].join('\n');
}

const keyAsJson = ({ key, state, retiresAt }: KeyLife) => ({
  kid: key.kid,
  algorithm: key.algorithm,
  state,
  created_at: key.createdAt,
  activates_at: key.activatesAt,
  retires_at: retiresAt ?? null,
});

function rowOf({ key, state, retiresAt }: KeyLife): string[] {
  const signsFrom = key.activatesAt ? time(key.activatesAt) : 'when auth has published it';
  const neverSigned = key.retiredAt && (!key.activatesAt || key.activatesAt > key.retiredAt);
  return [
    key.kid,
    key.algorithm,
    state,
    time(key.createdAt),
    neverSigned ? 'never' : signsFrom,
    retiresAt ? time(retiresAt) : '',
  ];
}

const time = (date: Date) => date.toISOString().replace(/\.\d+/, '');

function alignColumns(rows: string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
