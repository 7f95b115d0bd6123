export { idsIn } from './ids.js';
export { pagesOf } from './pages-of.js';
export { runImportCommand } from './run-import-command.js';
export { type Finding, type OddRows, type Step } from './share.js';
export { type Source } from './source.js';
export { createImportTable, dropImportTable } from './tables.js';
export { changedTimes, isChangedTime, timeOf } from './times.js';
