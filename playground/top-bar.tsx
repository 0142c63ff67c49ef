import { useSyncExternalStore } from 'react';
import type { DemoSignIn } from './playground-config.js';
import type { Session } from './session.js';
import { SignInForm } from './sign-in-form.js';

interface TopBarProps {
  readonly session: Session;
  readonly demo: DemoSignIn | null;
  readonly onStartCall: () => void;
}

/** The bar above the editor: who is signed in, and the button that starts a demo call. */
export function TopBar({ session, demo, onStartCall }: TopBarProps) {
  const signedIn = useSyncExternalStore(session.state.subscribe, session.state.get);
  return (
    <header className="voho-bar">
      <div className="voho-name">
        <Logo />
        <strong>Voho</strong>
        <span>playground</span>
      </div>
      {signedIn === null ? (
        <SignInForm session={session} demo={demo} />
      ) : (
        <div className="voho-signed-in" role="group" aria-label="Signed in">
          <div>
            <strong>{signedIn.tenant.name}</strong>
            <span>{signedIn.user.email}</span>
          </div>
          <span className="voho-role">{signedIn.user.role.toLowerCase()}</span>
          <button type="button" onClick={() => session.signOut()}>
            Sign out
          </button>
        </div>
      )}
      <button
        type="button"
        className={signedIn === null ? '' : 'is-primary'}
        disabled={signedIn === null}
        title={signedIn === null ? 'Sign in first' : 'Creates a call and shows it as it happens'}
        onClick={onStartCall}
      >
        Start a demo call
      </button>
    </header>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <path
        d="M7 14v4M12 10v12M17 6v20M22 11v10M27 14v4"
        stroke="#fff"
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}
