const earliest = "'0001-01-01 00:00:00+00'";
const latest = "'9999-12-31 23:59:59.999999+00'";

/** A time of the old application as it is imported: 1970 where there is none, and within the years 1 to 9999, which is all that JSON's form of times can say. */
export const timeOf = (column: string): string =>
  `greatest(least(coalesce(${column}, 'epoch'), ${latest}), ${earliest})::text`;

/** Whether a time is changed by the import. */
export const isChangedTime = (column: string): string =>
  `(${column} IS NULL OR ${column} < ${earliest} OR ${column} > ${latest})`;

/** What such times are imported as. */
export const changedTimes =
  'times that are missing become 1970-01-01, others the nearest in the years 1 to 9999';
