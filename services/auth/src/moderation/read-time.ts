const shape = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** A time that is written as RFC 3339 says; undefined when it is none. */
export function readTime(text: string): Date | undefined {
  if (!shape.test(text)) return undefined;
  const time = new Date(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(time.getTime()) || !isRealDay(text) ? undefined : time;
}

/** Date takes 30 February for 2 March. */
function isRealDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
