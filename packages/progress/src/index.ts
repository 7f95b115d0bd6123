export { showProgress, type Out } from './show-progress.js';
