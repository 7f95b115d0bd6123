/**
 * The commands that operators run on a service; each service hands them what is its own.
 * `audit/` comparing with owners and repairing · `events/` dead letters and the outbox · `erase/` deletions under way and the quarantine
 */
export { askForAll, askOwner } from './audit/ask-owner.js';
export { runAuditCommand } from './audit/audit-command.js';
export { createAuditResultsTable, dropAuditResultsTable, exportAuditResults } from './audit/audit-results.js';
export { actingOptions, UsageError, onceAgreed, runCommand, type Answer, type Given } from './command.js';
export { confirm } from '@agora/progress/confirm';
export { pagesOf, type Check, type Finding } from './audit/check.js';
export { runQuarantineCommand } from './erase/quarantine-command.js';
export { runDeadLettersCommand } from './events/dead-letters-command.js';
export { showHighestId, startTellingHighestId } from './audit/highest-ids.js';
export { idsParameter, pageSize } from './ids-parameter.js';
export { listEvents } from './events/list-events.js';
export { runOutboxCommand } from './events/outbox-command.js';
export { printTable, printTime } from './print-table.js';
export { projectionCheck } from './audit/projection-check.js';
export { runProjectionsCommand } from './audit/projections-command.js';
export { referenceCheck } from './audit/reference-check.js';
export { startErasing } from './erase/start-erasing.js';
export { startPurgingQuarantine } from './erase/start-purging-quarantine.js';
