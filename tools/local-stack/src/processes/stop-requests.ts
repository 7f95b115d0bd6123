export interface StopRequests {
  /** Aborted at the first request to stop. */
  signal: AbortSignal;
  /** Resolves at the first request to stop. */
  stopped: Promise<void>;
  /** Called at a second Ctrl-C. */
  onImpatience(action: () => void): void;
}

// One Ctrl-C may arrive twice, from the terminal and by way of npm.
const sameRequest = 300;

/**
 * Listens for SIGINT, SIGTERM and SIGHUP, and for the end of the process that started us (`AGORA_PARENT`), which may have
 * been killed without a chance to tell.
 */
export function stopRequests(): StopRequests {
  const controller = new AbortController();
  const stopped = new Promise<void>((resolve) =>
    controller.signal.addEventListener('abort', () => resolve()),
  );
  let impatience = () => {};
  let firstAt = 0;
  const request = (signal?: NodeJS.Signals) => {
    if (firstAt === 0) firstAt = Date.now();
    else if (signal === 'SIGINT' && Date.now() - firstAt > sameRequest) impatience();
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request);
  // A terminal that has gone away must not end us before everything is stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  watchParent(request);
  return { signal: controller.signal, stopped, onImpatience: (action) => void (impatience = action) };
}

function watchParent(request: () => void): void {
  const parent = Number(process.env.AGORA_PARENT);
  if (!parent) return;
  setInterval(() => {
    if (process.ppid !== parent) request();
  }, 500).unref();
}
