// Loaded into the server's process before its program: tells how long its event loop was held, and its memory.
import { createServer } from 'node:http';
import { setInterval } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, Worker } from 'node:worker_threads';

// Threads of the server load it too.
if (isMainThread) probe(Number(process.env.PROBE_PORT));

function probe(port) {
  const hold = watchEventLoop();
  // A thread of its own goes on looking while the event loop is held.
  const peak = new Uint32Array(new SharedArrayBuffer(4));
  const sampler = new Worker(new URL('memory-sampler.mjs', import.meta.url), {
    workerData: peak.buffer,
    execArgv: [],
  });
  sampler.unref();

  const server = createServer((request, response) => {
    if (request.method === 'DELETE') collectGarbage();
    const reading = { delayMs: hold.longestMs, peakMb: peak[0] };
    if (request.method === 'DELETE') {
      hold.reset();
      Atomics.store(peak, 0, 0);
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reading));
  });
  server.listen(port, '127.0.0.1');
  server.unref();
}

/**
 * Looks at the clock and at the processor time of the process in every turn of the event loop, and keeps the longest
 * turn. A turn counts for no more than the processor time that was used in it: while other programs have the
 * processors, the event loop stands still without being held.
 */
function watchEventLoop() {
  let [at, used] = [performance.now(), processorMs()];
  const hold = {
    longestMs: 0,
    reset() {
      hold.longestMs = 0;
      [at, used] = [performance.now(), processorMs()];
    },
  };
  setInterval(() => {
    const [now, usedNow] = [performance.now(), processorMs()];
    hold.longestMs = Math.max(hold.longestMs, Math.min(now - at, usedNow - used));
    [at, used] = [now, usedNow];
  }, 1).unref();
  return hold;
}

/** What earlier operations have left behind is none of the next one's memory. */
function collectGarbage() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
