import './mail-page.css';
import { createRoot } from 'react-dom/client';
import { BrokenLink, MailPage } from './mail-page.js';
import { TASKS, valuesOf } from './tasks.js';

const root = document.getElementById('voho');
const task = TASKS[location.pathname];
if (root !== null && task !== undefined) {
  const link = valuesOf(location.hash);
  // The token must not stay in the address bar, the history, or a bookmark.
  history.replaceState(null, '', location.pathname);
  document.title = `${task.title} · Voho`;
  createRoot(root).render(link['token'] ? <MailPage task={task} link={link} /> : <BrokenLink />);
}
