import type { SetAside } from '@agora/database';
import { pagesOf, subjectOf, type Check, type Subject } from './check.js';

/** Things that must not be there when what they refer to is gone. */
export interface Reference {
  kind: string;
  subject: Subject;
  /** How many rows refer to anything. */
  countRows(): Promise<number>;
  /** The ids that are referred to. */
  idsAfter(after: number, limit: number): Promise<number[]>;
  /** Which of them are gone, as their owner or this service's own tombstones say. */
  gone(ids: number[]): Promise<number[]>;
  /** How many rows refer to it. */
  countOf(id: number): Promise<number>;
  /** Sets aside what refers to it. */
  setAside(id: number, how: SetAside): Promise<void>;
  /** What is wrong with what refers to it. */
  problem?: string;
}

/** Finds what refers to something that is gone. */
export const referenceCheck = (reference: Reference): Check => ({
  kind: reference.kind,
  countRows: reference.countRows,
  pages: () => pagesOf(reference.idsAfter),
  compare: reference.gone,
  async examine(id, session) {
    const { subject, problem = 'is referred to, and gone' } = reference;
    if ((await reference.gone([id])).length === 0 || session.awaited(subject, id).length > 0)
      return undefined;
    const rows = await reference.countOf(id);
    if (rows === 0) return undefined;
    if (session.erase) await reference.setAside(id, { ...session.erase, subject: subjectOf(subject, id) });
    return { problem, rows, remedy: 'erase' };
  },
});
