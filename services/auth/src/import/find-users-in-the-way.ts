import { changedTimes, idsIn, isChangedTime, pagesOf, type Finding, type Source } from '@agora/monolith';
import { parseOptions } from '@node-rs/argon2';
import { canonicalEmail } from '../email.js';
import { copyUsers, type OldUser } from './users.js';

/** As `canonicalEmail` has it, for addresses of ASCII. */
const folded = `lower(btrim(email, E' \\t\\n\\r\\f\\v') COLLATE "C")`;
// All but the first of each: that one is kept.
const clashes = `
  SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY ${folded} ORDER BY id) AS place FROM users) AS placed
  WHERE place > 1 ORDER BY id`;

/** Accounts of the old application that cannot be imported unchanged, without their addresses. */
export async function findUsersInTheWay(source: Source): Promise<Finding[]> {
  const { withoutAddress, withoutHash } = await readAll(source);
  const findings: Finding[] = [
    {
      kind: 'users whose id is not above 0',
      ids: await idsIn(source, 'SELECT id FROM users WHERE id <= 0 ORDER BY id'),
      odd: 'users',
    },
    {
      kind: 'users with the same e-mail address except for case and spaces',
      ids: await idsIn(source, clashes),
      odd: 'users',
    },
    { kind: 'users without a usable e-mail address', ids: withoutAddress, odd: 'users' },
    { kind: 'users whose password is neither a bcrypt nor an argon2 hash', ids: withoutHash, odd: 'users' },
    {
      kind: 'users with a time of registration that cannot be kept',
      ids: await idsIn(source, `SELECT id FROM users WHERE ${isChangedTime('created_at')} ORDER BY id`),
      changed: changedTimes,
    },
  ];
  return findings.filter(({ ids }) => ids.length > 0);
}

async function readAll(source: Source): Promise<{ withoutAddress: number[]; withoutHash: number[] }> {
  const found: { withoutAddress: number[]; withoutHash: number[] } = { withoutAddress: [], withoutHash: [] };
  for await (const rows of pagesOf<OldUser>(source, copyUsers)) {
    for (const { id, email, password } of rows) {
      if (!isAddress(email ?? '')) found.withoutAddress.push(id);
      if (!isVerifiable(password ?? '')) found.withoutHash.push(id);
    }
  }
  return found;
}

/** Spaces that the old application's database does not see as such could hide a clash. */
const isAddress = (email: string) =>
  canonicalEmail(email) !== undefined && /^[ \t\n\r\f\v\x21-\x7e]+$/.test(email);

/** A login must not take so much memory that the process ends. */
const maxKibibytes = 262_144;

function isVerifiable(hash: string): boolean {
  if (/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) return true;
  try {
    return parseOptions(hash).memoryCost <= maxKibibytes;
  } catch {
    return false;
  }
}
