import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const TIMES =
  'work that repeat() does: its pauses grow, each failure is counted, the first of a row is logged';

/** Each loop that goes on after an error, and each timer that comes again: how it pauses and ends, and where it is seen. */
const LOOPS: Readonly<Record<string, string>> = {
  'auth/rights-watch.ts: check': 'one look at each tenant; throws the first fault to the repeat() around it',
  'auth/rights-watch.ts: onApplicationBootstrap': TIMES,
  'data-keys/master-key-check.ts: recordCurrentAlone':
    'again only where another process has written; an error ends it',
  'data-keys/master-key-check.ts: verifyAndRecord':
    'again only where another process has written; an error ends it',
  'entry/graphql/shared-executions.ts: once': 'once; cannot fail',
  'entry/http/hand-over.ts: serveUntilQuiet': 'every 50 ms, for 20 s at most; asks this process alone',
  'entry/http/slow-readers.ts: boundSlowReaders': 'looks at lines of this process; cannot fail',
  'entry/sockets/graphql-sockets.ts: keepAlive': 'ends with its socket; cannot fail',
  'entry/sockets/socket-writer.ts: closeNow': 'once; cannot fail',
  'entry/sse/event-stream.ts: cut': 'once; cannot fail',
  'entry/sse/event-stream.ts: open': 'ends with its stream; cannot fail',
  'entry/sse/event-stream.ts: refuse': 'once; cannot fail',
  'events/persist.ts: persist': 'growing pauses; 5 faults or 5 min of outage; counted and logged',
  'events/seal-scan.ts: onApplicationBootstrap': `${TIMES}; streams have StreamBackoff and voho_streams_stuck`,
  'events/sealer.ts: sealAll': 'growing pauses; ends after MOST_ATTEMPTS, then left to the scan',
  'events/stream-feed.ts: follow': 'persist() alone is tried again; its error ends the stream',
  'events/stream-feeds.ts: onApplicationBootstrap': TIMES,
  'events/throttled.ts: changes':
    'nothing is tried again: the pause alone may be cut short; an error ends it',
  'jobs/clock-keeper.ts: begin': TIMES,
  'jobs/job-runner.ts: begin': `${TIMES}; jobs have job-retries.ts, voho_jobs_failing and voho jobs list`,
  'jobs/job-runner.ts: claimAndRun':
    'renews a lease until the job ends; one that is lost falls to another process',
  'jobs/job-runner.ts: workOff': 'ends with its patience; an error ends it',
  'jobs/virtual-time.ts: follow': 'every 500 ms until the server stops; never in production',
  'migrations/migration-runner.ts: applyAll':
    'waits for the lock of another process; an error ends it, and the start',
  'migrations/migration-runner.ts: applyPending':
    'renews the lock until the migrations end; one that is lost ends them',
  'modules/analytics/live-dashboard.ts: acrossEpochs':
    'again when the database was set back alone; else an error ends it',
  'modules/audit/checkpoint-writer.ts: onApplicationBootstrap': TIMES,
  'modules/audit/refusal-log.ts: endWindow':
    'once a minute and sender, with a count, until it is written; logged',
  'modules/audit/refusal-log.ts: open': 'once a minute and sender, with a count, until it is written; logged',
  'modules/calls/call-retention.ts: endOfRemovable': 'ends with the feed; an error ends it, and is the job’s',
  'modules/calls/calls.repository.ts: waitFor': 'growing pauses until its patience ends; an error ends it',
  'modules/calls/queue-lines.ts: watch':
    'persist() first, then every 5 s until the last follower leaves; counted and logged',
  'modules/calls/queue-positions.ts: positions': 'persist() alone is tried again; its error ends the stream',
  'modules/privacy/erase-user.ts: tend':
    'as long as there is less each time; an error ends it, and is the job’s',
  'modules/restores/head-notes-writer.ts: onApplicationBootstrap': TIMES,
  'modules/webhooks/receiver-addresses.ts: late': 'once: the end of a look-up’s time',
  'modules/webhooks/webhook-courier.ts: takeTurn': 'ends with its turn; an error ends it, and is the job’s',
  'redis/channel-subscriptions.ts: constructor': 'a heartbeat; a dead line is opened anew by the client',
  'redis/channel-subscriptions.ts: run':
    'names refused channels once; an error ends it, and tryAgain() follows',
  'redis/channel-subscriptions.ts: tryAgain':
    'growing pauses, until the server stops; voho_redis_faults_total, logged',
  'redis/command-client.ts: probeLater':
    'once a second, MOST_SILENT_PROBES times; voho_redis_faults_total, logged',
  'redis/window-budget.ts: spend':
    'ten times a second while something is counted; what fails is not told again',
  'repeat/repeat.ts: repeat':
    'growing pauses, until it is stopped; each failure is counted, the first of a row is logged',
};

const has = (node: ts.Node | undefined, is: (node: ts.Node) => boolean): boolean =>
  node !== undefined && (is(node) || ts.forEachChild(node, child => has(child, is) || undefined) === true);
const calls = (name: RegExp) => (node: ts.Node) =>
  ts.isCallExpression(node) && name.test(node.expression.getText());
const survives = (node: ts.Node) => ts.isCatchClause(node) || calls(/\.catch$|^persist$|\.allSettled$/)(node);

/** Loops that wait and that no error ends, or no condition without waiting; timers that no same function clears. */
function goesOn(node: ts.Node, within: ts.Node | undefined): boolean {
  if (calls(/^(setInterval|repeat)$/)(node)) return true;
  if (calls(/^setTimeout$/)(node))
    return !has(within, calls(/^clearTimeout$/)) && !/^setTimeout\(resolve\b/.test(node.getText());
  if (!ts.isWhileStatement(node) && !ts.isDoStatement(node) && !ts.isForStatement(node)) return false;
  const condition = ts.isForStatement(node) ? node.condition : node.expression;
  return (
    has(node, ts.isAwaitExpression) &&
    (!condition || has(condition, ts.isAwaitExpression) || has(node, survives))
  );
}

/** What goes on in one file's text, by `path: function`. */
function loopsIn(file: string, text: string): string[] {
  const found = new Set<string>();
  const visit = (node: ts.Node, name: string, within?: ts.Node): void => {
    if (goesOn(node, within)) found.add(`${file}: ${name}`);
    const isNamed =
      ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node) || ts.isConstructorDeclaration(node);
    const own = isNamed ? ((node.name as ts.Node | undefined)?.getText() ?? 'constructor') : name;
    ts.forEachChild(node, child => {
      visit(child, own, isNamed ? node : within);
    });
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true), '');
  return [...found];
}

describe('What the server does again and again', () => {
  it('is known, with its pauses, its end, and where an operator sees it', () => {
    const files = readdirSync(SRC, { recursive: true })
      .map(String)
      .filter(name => /(?<!\.spec)\.ts$/.test(name) && !/^(doctor|simulator|operator|embedded)\//.test(name));
    const found = files.flatMap(name => loopsIn(name, readFileSync(join(SRC, name), 'utf8')));
    expect(found.sort()).toEqual(Object.keys(LOOPS).sort());
  });

  it.each([
    'async function a() { for (;;) await ask(); }',
    'async function a() { while (isOpen) await ask().catch(() => 0); }',
    'async function a() { while (isOpen) try { await ask(); } catch { continue; } }',
    'async function a() { do await pause(); while (await isAway()); }',
    'function a() { setInterval(() => ask(), 5); }',
    'function a() { timer = setTimeout(() => { a(); }, 5); }',
    'function a() { timer = setTimeout(a, 5); }',
  ])('is found where something new is written as %s', text => {
    expect(loopsIn('new.ts', text)).toEqual(['new.ts: a']);
  });
});
