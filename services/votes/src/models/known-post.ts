import type { PostChange, PostState } from '@agora/contracts';
import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

// Two states with different keys are of two posts that had the same id; the greater key is the newer post's.
const upsertAll = defineStatement(
  'known-posts-upsert',
  `
  WITH given AS (
    SELECT * FROM unnest($1::int[], $2::int[], $3::boolean[], $4::int[], $5::uuid[], $6::boolean[])
      AS given (id, owner_id, published, version, post_key, was_published)
  ), upserted AS (
    INSERT INTO known_posts AS known (id, owner_id, published, version, post_key, ever_published)
    SELECT id, owner_id, published, version, post_key, CASE WHEN published OR was_published OR version = 1 THEN published OR was_published END
    FROM given ORDER BY id
    ON CONFLICT (id) DO UPDATE SET owner_id = EXCLUDED.owner_id, published = EXCLUDED.published, version = EXCLUDED.version,
      post_key = coalesce(EXCLUDED.post_key, known.post_key),
      ever_published = CASE WHEN known.ever_published OR EXCLUDED.ever_published THEN true
                            WHEN EXCLUDED.version = known.version + 1 THEN known.ever_published END
    WHERE known.version < EXCLUDED.version AND known.deleted_at IS NULL
      AND (known.post_key = EXCLUDED.post_key OR known.post_key IS NULL OR EXCLUDED.post_key IS NULL)
    RETURNING id
  )
  SELECT id, true AS upserted FROM upserted
  UNION ALL
  SELECT known.id, false FROM known_posts AS known JOIN given ON given.id = known.id WHERE known.post_key < given.post_key`,
);
const tombstones = defineStatement(
  'known-post-tombstones',
  `INSERT INTO known_posts AS known (id, post_key, deleted_at)
   SELECT id, post_key, now() FROM unnest($1::int[], $2::uuid[]) AS given (id, post_key) ORDER BY id
   ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(known.deleted_at, now()), post_key = coalesce(EXCLUDED.post_key, known.post_key)
   WHERE known.post_key IS NULL OR EXCLUDED.post_key IS NULL OR known.post_key <= EXCLUDED.post_key RETURNING id`,
);
const correct = defineStatement(
  'known-post-correct',
  `UPDATE known_posts SET owner_id = $2, published = $3, version = $4, deleted_at = NULL, post_key = coalesce($5, post_key),
     ever_published = CASE WHEN $3 OR $4 = 1 THEN $3
                           WHEN post_key = $5 AND ever_published THEN true END
   WHERE id = $1`,
);

const holdTombstone = defineStatement(
  'known-post-hold-tombstone',
  'SELECT FROM known_posts WHERE id = $1 AND deleted_at IS NOT NULL FOR SHARE',
);

const removeTombstone = defineStatement(
  'known-post-remove-tombstone',
  `UPDATE known_posts SET deleted_at = NULL WHERE id = $1 AND (post_key = $2 OR post_key IS NULL OR $2 IS NULL)`,
);

@Table({ tableName: 'known_posts' })
export class KnownPost extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;

  @Column(DataType.INTEGER)
  declare ownerId: number | null;

  @Column(DataType.BOOLEAN)
  declare published: boolean;

  @Column(DataType.INTEGER)
  declare version: number;

  @Column(DataType.DATE)
  declare deletedAt: Date | null;

  /** Unique over all time, unlike the id; null until an event or an answer has named it. */
  @Column(DataType.UUID)
  declare postKey: string | null;

  /** Whether it was ever public; null where states in between are unknown. */
  @Column(DataType.BOOLEAN)
  declare everPublished: boolean | null;

  /** Upserts the states of several posts, except those for which a newer state or a tombstone is known. */
  static async upsertAll(states: readonly PostChange[], transaction?: Transaction): Promise<Upserted> {
    const values = [
      states.map(({ post_id: id }) => id),
      states.map(({ owner_id: id }) => id),
      states.map(({ published }) => published),
      states.map(({ version }) => version),
      states.map(({ post_key: key }) => key ?? null),
      states.map(({ was_published: wasPublished }) => wasPublished ?? false),
    ];
    const rows = await sql<{ id: number; upserted: boolean }>(upsertAll, values, transaction);
    const idsOf = (upserted: boolean) => rows.filter((row) => row.upserted === upserted).map(({ id }) => id);
    return { upserted: idsOf(true).length, successors: idsOf(false) };
  }

  /** Like `placeTombstones`, for the post that has the id now. */
  static async placeTombstone(id: number, transaction: Transaction): Promise<void> {
    await KnownPost.placeTombstones([{ post_id: id }], transaction);
  }

  /**
   * Leaves tombstones, also of unknown posts: a deletion may arrive before the creation. Returns the ids that are deleted now; an id is
   * left out when its key is given and the id belongs to a newer post.
   */
  static async placeTombstones(ended: readonly EndedPost[], transaction: Transaction): Promise<number[]> {
    // Each id once, because an upsert must not touch a row twice: the greatest key is the newest post's.
    const keys = new Map<number, string | null>();
    for (const { post_id: id, post_key: key = null } of ended) {
      const earlier = keys.get(id);
      if (!earlier || (key && key > earlier)) keys.set(id, key);
    }
    const rows = await sql<{ id: number }>(tombstones, [[...keys.keys()], [...keys.values()]], transaction);
    return rows.map(({ id }) => id);
  }

  /** Whether there is a tombstone, which stays until the transaction ends. */
  static async holdTombstone(id: number, transaction: Transaction): Promise<boolean> {
    return (await sql(holdTombstone, [id], transaction)).length > 0;
  }

  /** Removes the tombstone of a post that exists again. */
  static async removeTombstone(
    { post_id: id, post_key: key }: PostState,
    transaction: Transaction,
  ): Promise<void> {
    await sql(removeTombstone, [id, key ?? null], transaction);
  }

  /** Overwrites what is known of a post with what posts says, even a tombstone or another post with its id. */
  static async correct(state: PostState, transaction: Transaction): Promise<void> {
    const { post_id: id, owner_id: ownerId, published, version, post_key: postKey = null } = state;
    await sql(correct, [id, ownerId, published, version, postKey], transaction);
  }

  /** Whether it agrees with what posts says. */
  isAs(state: PostState): boolean {
    return (
      this.deletedAt === null &&
      this.ownerId === state.owner_id &&
      this.published === state.published &&
      this.version === state.version &&
      // A row without a key is the same post: no id was reused before posts had keys.
      (this.postKey ?? state.post_key) === (state.post_key ?? this.postKey)
    );
  }
}

/** A deleted post, with its key where it is known. */
export interface EndedPost {
  post_id: number;
  post_key?: string | undefined;
}

/** The result of an upsert. */
export interface Upserted {
  /** How many were new. */
  upserted: number;
  /** The ids that belong to an older post here: a failover or a restored backup lost that post, and its id was reused. */
  successors: number[];
}
