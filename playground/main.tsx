import 'graphiql/style.css';
import './playground.css';
import { createRoot } from 'react-dom/client';
import { Api } from './api.js';
import { provideMonacoWorkers } from './monaco-workers.js';
import { readPlaygroundConfig } from './playground-config.js';
import { Playground } from './playground.js';
import { Session } from './session.js';

provideMonacoWorkers();

const root = document.getElementById('voho');
if (root !== null) {
  const session = new Session();
  createRoot(root).render(
    <Playground session={session} api={new Api(session)} config={readPlaygroundConfig()} />,
  );
}
