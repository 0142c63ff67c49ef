import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Api } from './api.js';
import { graphiqlFetcher } from './graphiql-fetcher.js';
import { LiveCall } from './live-call.js';
import { LiveCallPanel } from './live-call-panel.js';
import { auth } from './operations/auth.js';
import { calls } from './operations/calls.js';
import { live } from './operations/live.js';
import type { PlaygroundConfig } from './playground-config.js';
import { readyMadePlugin } from './ready-made-panel.js';
import type { Session } from './session.js';
import { TopBar } from './top-bar.js';

/** The tabs a newcomer finds open. */
const FIRST_TABS = [
  ...auth.operations.filter(({ name }) => name === 'Viewer'),
  ...calls.operations.filter(({ name }) => name === 'CreateCall'),
  ...live.operations.filter(({ name }) => name === 'WatchMyCalls'),
].map(({ query, variables }) => ({
  query,
  variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
}));

/** The share of the width the list of operations takes at first; GraphiQL keeps it here once it was dragged. */
const LIST_WIDTH = { key: 'graphiql:docExplorerFlex', value: '0.24' };
if (sessionStorage.getItem(LIST_WIDTH.key) === null) sessionStorage.setItem(LIST_WIDTH.key, LIST_WIDTH.value);

/** What the variables editor must know of scalars that are no plain values. */
const SCALARS = { JSONObject: { type: 'object' as const }, DateTime: { type: 'string' as const } };

interface PlaygroundProps {
  readonly session: Session;
  readonly api: Api;
  readonly config: PlaygroundConfig;
}

/** The whole page: the bar, GraphiQL, and beside it a call that is being followed. */
export function Playground({ session, api, config }: PlaygroundProps) {
  const signedIn = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [call, setCall] = useState<LiveCall | null>(null);
  const owner = signedIn?.user.id;

  const follow = useCallback((next: LiveCall | null) => {
    setCall(previous => {
      previous?.close();
      return next;
    });
  }, []);
  const startCall = () => {
    const next = new LiveCall(api);
    follow(next);
    void next.run();
  };
  // What one person saw must not stay on the screen, or in the suggestions, of the next one who signs in.
  useEffect(
    () => () => {
      api.knownIds.forget();
      follow(null);
    },
    [api, follow, owner],
  );

  // A new fetcher makes GraphiQL read the schema again, which a server may show to signed-in people only.
  const fetcher = useMemo(() => graphiqlFetcher(api), [api, owner]);
  const plugins = useMemo(() => [readyMadePlugin(api), HISTORY_PLUGIN], [api]);
  const linked = useMemo(() => new URLSearchParams(location.search), []);

  return (
    <div className="voho">
      <TopBar session={session} demo={config.demo} onStartCall={startCall} />
      <main className="voho-main">
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          {...(plugins[0] && { visiblePlugin: plugins[0] })}
          defaultTabs={FIRST_TABS}
          {...(linked.has('query') && { initialQuery: linked.get('query') ?? '' })}
          {...(linked.has('variables') && { initialVariables: linked.get('variables') ?? '' })}
          defaultEditorToolsVisibility="variables"
          showPersistHeadersSettings={false}
          customScalarSchemas={SCALARS}
          // Tabs and history may hold a password that was typed as a variable: they end with the browser's tab.
          storage={sessionStorage}
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
        </GraphiQL>
        {call !== null && <LiveCallPanel call={call} onClose={() => follow(null)} />}
      </main>
    </div>
  );
}
