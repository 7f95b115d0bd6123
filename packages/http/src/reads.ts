/** What reads take beside their path: query parameters, pages and the caller's own writes. */
export { cursorParameter, linkToNext, nextLink, readCursor, writeCursor } from './reads/cursor.js';
export { readingOwnWrites, readOwnWrites, type WithOwnWrites } from './reads/read-own-writes.js';
export { idListParameter, idParameter, integerParameter, readIds, readQuery } from './reads/read-query.js';
