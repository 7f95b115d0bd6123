/** Which bodies are read, and how large they may be. `@agora/http/read-body` and `@agora/http/read-form` read them; only the latter loads koa-body. */
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
