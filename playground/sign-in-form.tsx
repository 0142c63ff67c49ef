import { useState, type SubmitEvent } from 'react';
import type { DemoSignIn } from './playground-config.js';
import type { Session } from './session.js';

/** Signs in to a tenant; filled in with the demo tenant where there is one. */
export function SignInForm({ session, demo }: { session: Session; demo: DemoSignIn | null }) {
  const [subdomain, setSubdomain] = useState(demo?.subdomain ?? '');
  const [email, setEmail] = useState(demo?.email ?? '');
  const [password, setPassword] = useState(demo?.password ?? '');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  session.typedSubdomain = subdomain;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setIsBusy(true);
    setProblem(null);
    session
      .signIn(subdomain.trim().toLowerCase(), email.trim(), password)
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setIsBusy(false));
  };

  return (
    <form className="voho-sign-in" onSubmit={submit} aria-label="Sign in">
      {problem !== null && (
        <p className="voho-problem" role="alert">
          {problem}
        </p>
      )}
      <label>
        <span>Tenant</span>
        <input
          value={subdomain}
          onChange={event => setSubdomain(event.target.value)}
          placeholder="subdomain"
          required
        />
      </label>
      <label>
        <span>E-mail</span>
        <input
          type="email"
          autoComplete="username"
          value={email}
          onChange={event => setEmail(event.target.value)}
          required
        />
      </label>
      <label>
        <span>Password</span>
        <input
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={event => setPassword(event.target.value)}
          required
        />
      </label>
      <button type="submit" className="is-primary" disabled={isBusy}>
        {isBusy ? 'Signing in' : 'Sign in'}
      </button>
    </form>
  );
}
