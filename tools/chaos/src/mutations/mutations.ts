/** A known design fault: the change to the compiled code, and the faults that reveal it. */
export interface Mutation {
  /** The compiled module, from the root of the repository. */
  file: string;
  /** Each is there exactly once. */
  replacements: readonly [text: string, by: string][];
  faults: readonly string[];
}

const outbox = 'packages/messaging/dist/publish/outbox.js';
const publishing = 'packages/messaging/dist/publish/publish-batch.js';
const processor = 'packages/messaging/dist/consume/processor.js';

/** The mistakes that this design is made to avoid, and with which the suite must not pass. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'dual write': {
    // The event is written after the change, by a transaction of its own.
    file: outbox,
    replacements: [
      ['    await queryRows(database, add,', '    transaction.afterCommit(() => queryRows(database, add,'],
      [
        'rows.map(({ partition }) => partition),\n    ], transaction);',
        'rows.map(({ partition }) => partition),\n    ]).catch(() => undefined));',
      ],
      // And so is that of a change of one statement.
      ['`INSERT INTO outbox (event_id, envelope, partition) SELECT ${id}', '`SELECT ${id}'],
      [
        '    if (!result.changed)\n        return result;\n',
        '    if (!result.changed)\n        return result;\n    database.query("INSERT INTO outbox (event_id, envelope) VALUES ($1, $2)", { bind: [envelope.id, JSON.stringify(envelope)] }).catch(() => undefined);\n',
      ],
    ],
    faults: ['kill while postgres is slow', 'kill postgres'],
  },
  'mark before publish': {
    file: publishing,
    replacements: [
      [
        '    const results = await settleUntilBroken(',
        '    await context.database.query("UPDATE outbox SET published_at = now() WHERE sequence = ANY($1::bigint[])", [rows.map(({ sequence }) => sequence)]);\n    const results = await settleUntilBroken(',
      ],
    ],
    faults: ['full stream', 'kill nats'],
  },
  'acknowledge before commit': {
    file: processor,
    replacements: [
      [
        '    const unfinished = await applyOnce(',
        '    for (const { message } of received) message.ack();\n    const unfinished = await applyOnce(',
      ],
    ],
    faults: ['kill while postgres is slow', 'cut postgres'],
  },
  'no inbox': {
    file: 'packages/messaging/dist/consume/inbox.js',
    replacements: [['fresh: new Set(recorded?.fresh)', 'fresh: new Set(recorded ? eventIds : [])']],
    faults: ['duplicates', 'delete a consumer'],
  },
  'cursor polling': {
    file: publishing,
    replacements: [
      [
        ' AND published_at IS NULL AND (',
        ' AND sequence > (SELECT coalesce(max(sequence), 0) FROM outbox WHERE published_at IS NOT NULL) AND (',
      ],
    ],
    faults: ['slow postgres', 'kill while postgres is slow'],
  },
  'no lock on the tombstone': {
    file: 'services/votes/dist/models/vote.js',
    replacements: [['FROM known_posts WHERE id = $1 FOR SHARE', 'FROM known_posts WHERE id = $1']],
    faults: ['delete hot posts while postgres is slow'],
  },
  'no republishing': {
    file: 'packages/messaging/dist/publish/check-stream.js',
    replacements: [
      ['return { info, hasLost: true };', 'return { info, hasLost: false };'],
      ['    const sequence = Number(last);', '    return false;\n    const sequence = Number(last);'],
    ],
    faults: ['wipe nats'],
  },
  'ban that ends no session': {
    file: 'services/auth/dist/moderation/act-on-account.js',
    replacements: [
      [
        "    await revokeSessions(id, {}, transaction);\n    await logAct({ actorId: idOf(actor), action: 'user-banned'",
        "    await logAct({ actorId: idOf(actor), action: 'user-banned'",
      ],
    ],
    faults: ['kill auth'],
  },
  'mail that is forgotten before it is sent': {
    file: 'services/auth/dist/mail/send-mails.js',
    replacements: [
      [
        '            await send(addressed);',
        '            await deleteMail(id);\n            await send(addressed);',
      ],
    ],
    faults: ['smtp away'],
  },
  'removal without an event for votes': {
    file: 'services/posts/dist/http/moderation/remove-post.js',
    replacements: [['        await addToOutbox(postUpdated,', '        void (postUpdated,']],
    faults: ['kill posts'],
  },
};

/** The code with the mutation in it. Throws when it no longer fits, so that no run passes without it. */
export function mutate(name: string, source: string): string {
  const mutation = mutations[name];
  if (!mutation) throw new Error(`there is no mutation "${name}"`);
  return mutation.replacements.reduce((text, [old, by]) => {
    const parts = text.split(old);
    if (parts.length !== 2)
      throw new Error(`the mutation "${name}" fits ${parts.length - 1} times in ${mutation.file}:\n${old}`);
    return parts.join(by);
  }, source);
}
