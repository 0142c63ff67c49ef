import { setInterval } from 'node:timers';
import { workerData } from 'node:worker_threads';

const peak = new Uint32Array(workerData);
setInterval(() => {
  Atomics.store(peak, 0, Math.max(Atomics.load(peak, 0), Math.round(process.memoryUsage.rss() / 1e6)));
}, 5);
