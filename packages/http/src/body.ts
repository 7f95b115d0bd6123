/** Which bodies are read, and how large they may be. Reading them is `@agora/http/read-body` and `@agora/http/read-form`, of which the second loads koa-body. */
export {
  bodyLimit,
  bodyLimits,
  checkBodyHeaders,
  malformedBody,
  mediaTypes,
  tooLarge,
  unsupported,
  type BodyKind,
} from './body/body-headers.js';
export { receiveBytes } from './body/receive-bytes.js';
export { malformed } from './endpoint/problem.js';
