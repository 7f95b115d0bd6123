/** What a service that runs needs of operations: nothing here loads what only commands do. */
export { askForAll } from './audit/ask-owner.js';
export { exportAuditResults } from './audit/audit-results.js';
export { showHighestId, startTellingHighestId } from './audit/highest-ids.js';
export { startErasing } from './erase/start-erasing.js';
export { startPurgingQuarantine } from './erase/start-purging-quarantine.js';
export { listEvents } from './events/list-events.js';
export { idsParameter, pageSize } from './ids-parameter.js';
