import type { Patch } from './compiled.js';

/** Faults that are built into a copy of the compiled server, to see that the checker finds them. */
export const WEAKENINGS = ['no-replay', 'publish-before-commit', 'answer-before-commit'] as const;
export type Weakening = (typeof WEAKENINGS)[number];

/** What makes a copy of the compiled server so weak. */
export const WEAKENING_PATCHES: Readonly<Record<Weakening, readonly Patch[]>> = {
  // Whoever comes back hears what comes from now on, as with most servers.
  'no-replay': [
    {
      file: 'events/stream-feed.js',
      find: 'const tail = opened?.tail;',
      replace: 'const tail = opened?.tail; if (tail) position = tail.position;',
    },
  ],
  // Events go out while their transaction is still running: it may be run again, or never commit.
  'publish-before-commit': [
    {
      file: 'events/call-events.js',
      find: 'await this.insertMany(events);',
      replace:
        'await this.insertMany(events); for (const hear of (globalThis.early ??= new Set())) hear(events);',
    },
    {
      file: 'events/live-feed.js',
      find: 'return abortable(leaving => this.opened(this.feed.follow(tenantId, start, visibility, leaving), leaving), signal);',
      replace: `const waiting = []; let wake = () => undefined; let position = typeof start === 'number' ? start : 0;
        const hear = events => { waiting.push(...events); wake(); };
        (globalThis.early ??= new Set()).add(hear);
        return abortable(leaving => this.opened((async function* () {
          try {
            while (!leaving.aborted) {
              const event = waiting.shift();
              if (event) { position += 1; yield { ...event, position }; }
              else await new Promise(resolve => { wake = resolve; setTimeout(resolve, 500); });
            }
          } finally { globalThis.early.delete(hear); }
        })(), leaving), signal);`,
    },
  ],
  // The answer to a mutation does not wait for its commit.
  'answer-before-commit': [
    {
      file: 'mongo/unit-of-work.js',
      find: 'const committing = this.connection.transaction(',
      replace:
        'let answer; const answered = new Promise(resolve => { answer = resolve; }); const committing = this.connection.transaction(',
    },
    {
      file: 'mongo/unit-of-work.js',
      find: 'return running.run(transaction, work);',
      replace:
        'const value = await running.run(transaction, work); answer(value); await new Promise(resolve => setTimeout(resolve, 1000)); return value;',
    },
    {
      file: 'mongo/unit-of-work.js',
      find: 'const result = await inTime(committing);',
      replace:
        'committing.catch(() => undefined); const result = await Promise.race([answered, committing]);',
    },
  ],
};
