export { createDocument, type DocumentParts, type PublicRoute } from './create-document.js';
export { createEventsDocument, type DescribedEvent } from './create-events-document.js';
