import { idsIn, pagesOf, type Finding, type Source } from '@agora/monolith';
import { parseOptions } from '@node-rs/argon2';
import { canonicalEmail } from '../email.js';
import { copyUsers, type OldUser } from './users.js';

/** As `canonicalEmail` has it, for addresses of ASCII. */
const folded = `lower(btrim(email, E' \\t\\n\\r\\f\\v') COLLATE "C")`;
const clashes = `
  SELECT string_agg(id::text, ' and ' ORDER BY id) AS id FROM users GROUP BY ${folded} HAVING count(*) > 1 ORDER BY min(id)`;

/** Accounts of the old application that could not be kept as they are; none is named by its address. */
export async function findUsersInTheWay(source: Source): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (text: string) => void findings.push({ blocks: true, text });
  const same = await idsIn(source, clashes.trim());
  if (same) add(`users with the same e-mail address but for case and spaces: ${same}`);
  const { withoutAddress, withoutHash } = await readAll(source);
  if (withoutAddress.length > 0) add(`users without a usable e-mail address: ${listed(withoutAddress)}`);
  if (withoutHash.length > 0)
    add(`users whose password is neither a bcrypt nor an argon2 hash: ${listed(withoutHash)}`);
  return findings;
}

const shown = 100;
const listed = (ids: number[]) => `${ids.slice(0, shown).join(', ')}${ids.length > shown ? ' and more' : ''}`;

/** Keeps the ids of a few more than are shown: there may be millions. */
async function readAll(source: Source): Promise<{ withoutAddress: number[]; withoutHash: number[] }> {
  const found: { withoutAddress: number[]; withoutHash: number[] } = { withoutAddress: [], withoutHash: [] };
  const keep = (ids: number[], id: number) => void (ids.length <= shown && ids.push(id));
  for await (const { rows } of pagesOf<OldUser>(source, copyUsers)) {
    for (const { id, email, password } of rows) {
      if (!isAddress(email ?? '')) keep(found.withoutAddress, id);
      if (!isVerifiable(password ?? '')) keep(found.withoutHash, id);
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
