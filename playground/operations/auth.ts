import type { ReadyMadeModule } from './ready-made.js';

/** Sign-in and sign-up. The bar above does the same; these show how. */
export const auth: ReadyMadeModule = {
  title: 'Auth',
  operations: [
    {
      name: 'LogIn',
      about: 'Get a token for the tenant named in the header',
      query: `# The tenant comes from the X-Tenant-Subdomain header, which the playground
# fills in from the bar above, or from the host: acme.<your domain>.
mutation LogIn($input: LogInInput!) {
  logIn(input: $input) {
    accessToken
    accessTokenExpiresAt
    user { id email role }
    tenant { id subdomain name }
  }
}`,
      variables: { input: { email: 'user@acme.example', password: 'voho-demo-password' } },
    },
    {
      name: 'Viewer',
      about: 'Who am I?',
      query: `query Viewer {
  viewer {
    id
    email
    name
    role
    lastLoginAt
  }
}`,
    },
    {
      name: 'SignUpTenant',
      about: 'Found a new tenant with its first admin',
      query: `# Afterwards sign in above with the new subdomain, e-mail and password.
mutation SignUpTenant($input: SignUpTenantInput!) {
  signUpTenant(input: $input) {
    tenant { id subdomain name }
    user { id email role }
  }
}`,
      variables: {
        input: {
          subdomain: 'globex',
          name: 'Globex Corporation',
          email: 'admin@globex.example',
          password: 'voho-demo-password',
          userName: 'Grace',
        },
      },
    },
  ],
};
