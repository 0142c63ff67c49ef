import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import type { Api } from './api.js';
import { READY_MADE_MODULES } from './operations/all-modules.js';
import { fillIds } from './operations/fill-ids.js';
import type { ReadyMade } from './operations/ready-made.js';

/** The list of ready-made operations beside the editor, as a plugin of GraphiQL's own side bar. */
export function readyMadePlugin(api: Api): GraphiQLPlugin {
  return { title: 'Ready-made operations', icon: ListIcon, content: () => <ReadyMadePanel api={api} /> };
}

function ReadyMadePanel({ api }: { api: Api }) {
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(state => ({
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  const { addTab, changeTab, setOperationName } = useGraphiQLActions();
  // Until the editors are there, a tab would open without the operation in it.
  const isReady = queryEditor !== undefined && variableEditor !== undefined;
  const activeName = tabs[activeTabIndex]?.title;

  /** Goes to the tab that holds the operation, else opens one; what was typed into an open tab stays, but for ids. */
  const open = async ({ name, query, variables }: ReadyMade) => {
    const index = tabs.findIndex(tab => tab.title === name);
    const isNew = index < 0;
    if (isNew) addTab();
    else if (index !== activeTabIndex) changeTab(index);
    if (isNew) queryEditor?.setValue(query);
    // GraphiQL finds the name out a moment later; who runs it before would send the name of the tab left behind.
    setOperationName(name);
    const text = isNew ? variables && JSON.stringify(variables, null, 2) : variableEditor?.getValue();
    if (text === undefined) return;
    if (isNew) variableEditor?.setValue(text);
    const filled = await fillIds(text, api);
    if (filled !== text && variableEditor?.getValue() === text) variableEditor.setValue(filled);
  };

  return (
    <nav className="voho-ready-made" aria-label="Ready-made operations">
      {READY_MADE_MODULES.map(module => (
        <section key={module.title}>
          <h3>{module.title}</h3>
          <ul>
            {module.operations.map(operation => (
              <li key={operation.name}>
                <button
                  type="button"
                  aria-current={operation.name === activeName}
                  disabled={!isReady}
                  onClick={() => void open(operation)}
                >
                  <b>{operation.name}</b>
                  <span>{operation.about}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

function ListIcon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <path d="M4 5h.01M8 5h8M4 10h.01M8 10h8M4 15h.01M8 15h8" />
    </svg>
  );
}
