import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { LiveCall } from './live-call.js';
import type { CallStatus, Line, LiveCallState } from './live-call-state.js';

const STEPS = ['QUEUED', 'RINGING', 'IN_PROGRESS', 'COMPLETED'] as const;
const LABELS: Readonly<Record<CallStatus, string>> = {
  QUEUED: 'Queued',
  RINGING: 'Ringing',
  IN_PROGRESS: 'In progress',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  ENDED: 'Ended',
};
const SPEAKERS: Readonly<Record<Line['speaker'], string>> = { AGENT: 'Agent', USER: 'Caller', TOOL: 'Tool' };

/** The side panel that shows one call as it happens. */
export function LiveCallPanel({ call, onClose }: { call: LiveCall; onClose: () => void }) {
  const state = useSyncExternalStore(call.state.subscribe, call.state.get);
  const isHeld = state.status === 'RINGING' || state.status === 'IN_PROGRESS';
  return (
    <aside className="voho-call" aria-label="Live call" data-status={state.status ?? ''}>
      <header>
        <h2>Live call</h2>
        <Connection state={state} />
        <button type="button" className="voho-icon-button" aria-label="Close the live call" onClick={onClose}>
          ×
        </button>
      </header>
      <Steps status={state.status} />
      {state.problem !== null && (
        <p className="voho-problem" role="alert">
          {state.problem}
        </p>
      )}
      <Transcript state={state} />
      {state.summary !== null && (
        <section className="voho-summary">
          <h3>Summary</h3>
          <p>{state.summary}</p>
        </section>
      )}
      {state.recordingUrl !== null && (
        <section className="voho-recording">
          <h3>Recording</h3>
          <audio controls preload="metadata" src={state.recordingUrl} />
        </section>
      )}
      <footer>
        <code title="The call's id">{state.callId}</code>
        {isHeld && (
          <button type="button" onClick={() => void call.hangUp()}>
            Hang up
          </button>
        )}
      </footer>
    </aside>
  );
}

function Connection({ state }: { state: LiveCallState }) {
  switch (state.connection) {
    case 'starting':
      return <span className="voho-connection">starting</span>;
    case 'live':
      return <span className="voho-connection is-live">live</span>;
    case 'reconnecting':
      return <span className="voho-connection is-broken">reconnecting</span>;
    case 'over':
      return null;
  }
}

/** A call that failed or was never joined ends where it stood, so its last step is the one it reached instead. */
function Steps({ status }: { status: CallStatus | null }) {
  const isCutShort = status === 'FAILED' || status === 'ENDED';
  const reached = isCutShort ? STEPS.length - 1 : STEPS.indexOf(status ?? 'QUEUED');
  return (
    <ol className="voho-steps">
      {STEPS.map((step, index) => {
        const isLast = index === STEPS.length - 1;
        const shown = isCutShort && isLast ? status : step;
        const progress =
          status === null || index > reached ? 'to-come' : index < reached || isLast ? 'done' : 'current';
        const look = isCutShort && isLast ? 'cut-short' : isCutShort ? 'passed' : progress;
        return (
          <li key={step} className={`is-${look}`} aria-current={shown === status ? 'step' : undefined}>
            {LABELS[shown]}
          </li>
        );
      })}
    </ol>
  );
}

function Transcript({ state }: { state: LiveCallState }) {
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // In braces, because newer browsers return a promise here, which React would take for the effect's clean-up.
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [state.lines]);
  const isWaiting = state.lines.length === 0 && state.connection !== 'over';
  return (
    <ol className="voho-transcript" aria-label="Transcript" aria-live="polite">
      {isWaiting && <li className="voho-waiting">What is said appears here, word by word.</li>}
      {state.lines.map(line => (
        <li
          key={line.ordinal}
          className={`is-${line.speaker.toLowerCase()}${line.isFinal ? '' : ' is-being-said'}`}
        >
          <span>{SPEAKERS[line.speaker]}</span>
          <p>{line.text}</p>
        </li>
      ))}
      <li ref={end} className="voho-end" aria-hidden="true" />
    </ol>
  );
}
