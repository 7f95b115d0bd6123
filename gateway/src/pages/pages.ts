import { get, type Handler, type Route } from '@agora/http';
import { assetPaths, showAsset } from './show-asset.js';
import { showDocumentDescription } from './show-document.js';
import { showDocumentation, showDocumentationDescription } from './show-documentation.js';
import { eventSchemaPath, showEvents, showEventsDescription, showEventSchema } from './show-events.js';
import { showHealth, showHealthDescription } from './show-health.js';
import { showRoot, showRootDescription } from './show-root.js';

interface Dependencies {
  version: string;
  isDraining(): boolean;
  showDocument: Handler;
}

/** What the gateway answers itself. What has no description is a part of a page. */
export const pages = ({ version, isDraining, showDocument }: Dependencies): Route[] => [
  get('/', 'anyone', showRoot(version), showRootDescription),
  get('/health', 'anyone', showHealth(isDraining), showHealthDescription),
  get('/docs', 'anyone', showDocumentation, showDocumentationDescription),
  get('/openapi.json', 'anyone', showDocument, showDocumentDescription),
  get('/asyncapi.json', 'anyone', showEvents, showEventsDescription),
  get(eventSchemaPath, 'anyone', showEventSchema),
  get(assetPaths.style, 'anyone', showAsset('style')),
  get(assetPaths.bundle, 'anyone', showAsset('bundle')),
  get(assetPaths.start, 'anyone', showAsset('start')),
];
