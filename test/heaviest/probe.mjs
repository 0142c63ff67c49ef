// Loaded into the server's process before its program: tells how long its event loop stood still, and its memory.
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, Worker } from 'node:worker_threads';

// Threads of the server load it too.
if (isMainThread) probe(Number(process.env.PROBE_PORT));

function probe(port) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // A thread of its own goes on looking while the event loop stands still.
  const peak = new Uint32Array(new SharedArrayBuffer(4));
  const sampler = new Worker(new URL('memory-sampler.mjs', import.meta.url), {
    workerData: peak.buffer,
    execArgv: [],
  });
  sampler.unref();

  let usedBefore = processorMs();
  const server = createServer((request, response) => {
    // While other programs have the processors, the event loop stands still without having anything to do.
    const usedMs = processorMs() - usedBefore;
    const reading = { delayMs: Math.min(delay.max / 1e6, usedMs), peakMb: peak[0] };
    if (request.method === 'DELETE') {
      delay.reset();
      usedBefore = processorMs();
      Atomics.store(peak, 0, 0);
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reading));
  });
  server.listen(port, '127.0.0.1');
  server.unref();
}

/** Processor time of the process so far: no less than that of the event loop's thread. */
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
