/**
 * What is needed of `node:http`. An `import` of it reads every export, `WebSocket` among them, and so loads undici: 14 MB and 70 ms of CPU in each
 * process.
 */
export const { createServer, get, STATUS_CODES } = process.getBuiltinModule('node:http');
export const { get: getByTls } = process.getBuiltinModule('node:https');
