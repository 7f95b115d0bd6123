/**
 * What services bring to the commands that operators run on them; the commands themselves are in `operate.ts`, and what a running service needs in `serving.ts`.
 * `audit/` comparing with owners and repairing · `events/` dead letters and the outbox · `erase/` deletions under way and the quarantine
 */
export { type Audited } from './audit/audit-command.js';
export { type RebuiltProjection } from './audit/projections-command.js';
export { type RestoredTable } from './erase/quarantine-command.js';
export { askForAll, askOwner } from './audit/ask-owner.js';
export { createAuditResultsTable, dropAuditResultsTable } from './audit/audit-results.js';
export { actingOptions, UsageError, onceAgreed, runCommand, type Answer, type Given } from './command.js';
export { confirm } from '@agora/progress/confirm';
export { pagesOf, type Check, type Finding } from './audit/check.js';
export { openDatabase } from './config.js';
export { printTable, printTime } from './print-table.js';
export { projectionCheck } from './audit/projection-check.js';
export { referenceCheck } from './audit/reference-check.js';
