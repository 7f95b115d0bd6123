/** Which bodies are read, and how large they may be. Reading one is `@agora/http/read-body`, as it loads koa-body. */
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
export { askForBody } from './body/expect-continue.js';
export { malformed } from './endpoint/problem.js';
