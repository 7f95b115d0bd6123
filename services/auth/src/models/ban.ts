/** A ban without an end ends then: the last second that RFC 3339 can write. */
export const endOfBan = new Date('9999-12-31T23:59:59Z');

/** Whether a ban that ends then has no end. */
export const isWithoutEnd = (until: Date): boolean => until.getTime() >= endOfBan.getTime();

/** What clients see of when a ban ends; null where there is none, or it has ended. */
export function showBannedUntil(until: Date | null): string | null {
  if (until === null || until.getTime() <= Date.now()) return null;
  return isWithoutEnd(until) ? '9999-12-31T23:59:59Z' : until.toISOString();
}
