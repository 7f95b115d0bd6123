/** Rows in aligned columns; the first row is the heading. */
export function printTable(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** A time to the second, in UTC; empty when there is none. */
export const printTime = (date: Date | null): string => date?.toISOString().replace(/\.\d+/, '') ?? '';
