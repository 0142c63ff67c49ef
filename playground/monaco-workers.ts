/**
 * Tells Monaco where its workers are: plain files of this server, since the page's policy allows neither `blob:`
 * nor another host. Must run before the first editor opens.
 */
export function provideMonacoWorkers(): void {
  Object.assign(globalThis, {
    MonacoEnvironment: {
      getWorker: (_workerId: string, label: string) =>
        new Worker(label === 'json' || label === 'graphql' ? WORKER_URLS[label] : WORKER_URLS.editor),
    },
  });
}
