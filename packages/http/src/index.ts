/** What the author of an endpoint writes with: handlers and their descriptions, problems, validation, questions to other services. */
export { askService, type InternalAddress } from './endpoint/ask-service.js';
export { saidAs, type AnswerDescription, type Description } from './endpoint/describe.js';
export {
  conflict,
  forbidden,
  invalid,
  notFound,
  Problem,
  refuseSecondToken,
  tooMany,
  twoTokens,
  unauthorized,
  unavailable,
} from './endpoint/problem.js';
export { del, get, patch, post, put, type Handler, type Route } from './endpoint/routes.js';
export { entityId, isStorable, parseId, text, validate } from './endpoint/validate.js';
