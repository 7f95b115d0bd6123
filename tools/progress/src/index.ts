export { confirm, NotConfirmed } from './confirm.js';
export { showProgress, type Out } from './show-progress.js';
