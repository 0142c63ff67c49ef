/** A field of a form. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'password' | 'email';
  readonly autoComplete: string;
  readonly isRequired: boolean;
  readonly hint?: string;
}

/** What one page of a mail does: a form, the operation that it sends, and the words around both. */
export interface MailTask {
  readonly title: string;
  readonly about: string;
  readonly fields: readonly FormField[];
  readonly button: string;
  readonly query: string;
  /** The operation's variables, from the link's values and the form's. */
  variables(values: Readonly<Record<string, string>>): object;
  readonly done: string;
}

const PASSWORD: FormField = {
  name: 'password',
  label: 'New password',
  type: 'password',
  autoComplete: 'new-password',
  isRequired: true,
  hint: 'At least 10 characters.',
};

/** The tasks by the paths of their pages. */
export const TASKS: Readonly<Record<string, MailTask>> = {
  '/accept-invitation': {
    title: 'Accept the invitation',
    about: 'Choose a password to join. The invitation is for the address that it was mailed to.',
    fields: [
      { name: 'name', label: 'Name', type: 'text', autoComplete: 'name', isRequired: false },
      PASSWORD,
    ],
    button: 'Join',
    query: 'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { user { id } } }',
    variables: ({ token, password, name }) => ({ input: { token, password, ...(name && { name }) } }),
    done: 'You have joined. Sign in with your address and the new password.',
  },
  '/reset-password': {
    title: 'Choose a new password',
    about: 'All sessions of the account end with it.',
    fields: [PASSWORD],
    button: 'Set the password',
    query: 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { user { id } } }',
    variables: ({ token, password }) => ({ input: { token, password } }),
    done: 'The password is set. Sign in with it.',
  },
  '/verify-email': {
    title: 'Verify your e-mail address',
    about: 'The tenant can then make calls and invite people.',
    fields: [],
    button: 'Verify the address',
    query: 'mutation ($token: String!) { verifyEmail(token: $token) }',
    variables: ({ token }) => ({ token }),
    done: 'The address is verified.',
  },
  '/sign-up': {
    title: 'Sign up a tenant',
    about: 'The invitation is for this address alone.',
    fields: [
      {
        name: 'subdomain',
        label: 'Subdomain',
        type: 'text',
        autoComplete: 'off',
        isRequired: true,
        hint: '3 to 40 of a-z, 0-9 and -; it never changes.',
      },
      {
        name: 'tenantName',
        label: "The tenant's name",
        type: 'text',
        autoComplete: 'organization',
        isRequired: true,
      },
      { name: 'email', label: 'E-mail', type: 'email', autoComplete: 'username', isRequired: true },
      PASSWORD,
    ],
    button: 'Sign up',
    query: 'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { tenant { id } } }',
    variables: ({ token, subdomain, tenantName, email, password }) => ({
      input: { subdomain, name: tenantName, email, password, ...(token && { invitationToken: token }) },
    }),
    done: 'The tenant is signed up. Sign in with your address and password; in production a mail asks you to verify the address first.',
  },
};

/** What a link holds in its fragment, which browsers send to no server. */
export function valuesOf(fragment: string): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(fragment.replace(/^#/, '')));
}
