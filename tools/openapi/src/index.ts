export { createDocument, type DocumentParts, type PublicRoute } from './create-document.js';
