import { pagesOf, type Check, type Session, type Subject } from './check.js';

/** Things that must not be there when what they refer to is gone. */
export interface Reference {
  kind: string;
  subject: Subject;
  /** The ids that are referred to. */
  idsAfter(after: number, limit: number): Promise<number[]>;
  /** Which of them are gone, as their owner or this service's own tombstones say. */
  gone(ids: number[]): Promise<number[]>;
  /** Erases what refers to it, as the event of its deletion would. */
  erase(id: number, session: Session): Promise<void>;
}

/** Finds what refers to something that is gone. */
export const referenceCheck = ({ kind, subject, idsAfter, gone, erase }: Reference): Check => ({
  kind,
  pages: () => pagesOf(idsAfter),
  compare: gone,
  async examine(id, session) {
    if ((await gone([id])).length === 0 || session.awaited(subject, id).length > 0) return undefined;
    if (session.repair) await erase(id, session);
    return `is referred to, and gone`;
  },
});
