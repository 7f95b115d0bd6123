/** What tests start (`start/`: processes of Agora and their commands, servers, stand-ins) and ask (`ask/`: HTTP, PostgreSQL, NATS, mails). */
export type { Agora } from './start/agora.js';
export { endIdleAgora, releaseAgora, shareAgora, startAgora } from './start/share-agora.js';
export { beforeCommit, connectAs, query, queryOn, untilLocked, whileLocked } from './ask/database.js';
export { eventually } from './eventually.js';
export { openFaultProxy, type FaultProxy } from './start/fault-proxy.js';
export { openCommands, type Commands, type Ran } from './start/commands.js';
export { forgetStreams, openCourier, type Courier } from './ask/events.js';
export { httpClient, statusesOf, type Answer, type HttpClient } from './ask/http.js';
export { mailsTo, mailTo, tokenIn, type Mail } from './ask/mailbox.js';
export { expectDocumented } from './ask/openapi.js';
export { join, joinAll, type Person } from './ask/people.js';
export { likelyFreePort, likelyFreePorts } from './start/ports.js';
export { givenOrigin, reachAgora, type ReachedAgora } from './start/reach-agora.js';
export { currentStack } from './stack.js';
export { compileCache, type RunningProcess } from './start/running-process.js';
export { stubService, type StubService } from './start/stub-service.js';
export { freshId, testSecret, tokenFor } from './ask/tokens.js';
export { ownNatsUser, startOwnNats, type OwnNats } from './start/own-nats.js';
