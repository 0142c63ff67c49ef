import { useState, type SubmitEvent } from 'react';
import { dataOf, postGraphQL } from '../graphql-http.js';
import type { FormField, MailTask } from './tasks.js';

interface MailPageProps {
  readonly task: MailTask;
  /** What the link held. */
  readonly link: Readonly<Record<string, string>>;
}

/**
 * The page that a mail's link leads to. Nothing is done before its button is pressed: programs that open every link of a
 * mail use no token up.
 */
export function MailPage({ task, link }: MailPageProps) {
  const [values, setValues] = useState(link);
  const [problem, setProblem] = useState<string | null>(null);
  const [state, setState] = useState<'open' | 'busy' | 'done'>('open');

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setState('busy');
    setProblem(null);
    postGraphQL({ query: task.query, variables: task.variables(values) }, new Headers())
      .then(answer => {
        dataOf(answer);
        setState('done');
      })
      .catch((error: unknown) => {
        setProblem(error instanceof Error ? error.message : String(error));
        setState('open');
      });
  };

  if (state === 'done') {
    return (
      <Card title={task.title}>
        <p role="status">{task.done}</p>
        <a href="/graphql">Open the playground</a>
      </Card>
    );
  }
  return (
    <Card title={task.title}>
      <p>{task.about}</p>
      <form onSubmit={submit} aria-label={task.title}>
        {task.fields.map(field => (
          <Field
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            onChange={value => setValues({ ...values, [field.name]: value })}
          />
        ))}
        {problem !== null && <p role="alert">{problem}</p>}
        <button type="submit" disabled={state === 'busy'}>
          {task.button}
        </button>
      </form>
    </Card>
  );
}

/** What is shown where a link is not whole. */
export function BrokenLink() {
  return (
    <Card title="This link is not whole">
      <p role="alert">It has no token. Open the link in the mail again, or copy all of it.</p>
    </Card>
  );
}

function Card({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <main>
      <h1>{title}</h1>
      {children}
    </main>
  );
}

interface FieldProps {
  readonly field: FormField;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ field, value, onChange }: FieldProps) {
  return (
    <label>
      <span>{field.label}</span>
      <input
        type={field.type}
        autoComplete={field.autoComplete}
        required={field.isRequired}
        value={value}
        onChange={event => onChange(event.target.value)}
      />
      {field.hint !== undefined && <small>{field.hint}</small>}
    </label>
  );
}
