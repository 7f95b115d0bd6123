const earliest = "'0001-01-01 00:00:00+00'";
const latest = "'9999-12-31 23:59:59.999999+00'";

/** The SQL for a time of the old application: 1970 if it is missing, and limited to the years 1 to 9999, the range of RFC 3339. */
export const timeOf = (column: string): string =>
  `greatest(least(coalesce(${column}, 'epoch'), ${latest}), ${earliest})::text`;

/** The SQL for whether the import changes a time. */
export const isChangedTime = (column: string): string =>
  `(${column} IS NULL OR ${column} < ${earliest} OR ${column} > ${latest})`;

/** What such times are imported as. */
export const changedTimes =
  'times that are missing become 1970-01-01, others the nearest in the years 1 to 9999';
