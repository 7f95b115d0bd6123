/**
 * What is needed of `node:http`. An `import` of it reads every export, `WebSocket` among them, and so loads undici: 14 MB and 70 ms of CPU in each
 * process, where most never call `fetch`.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
