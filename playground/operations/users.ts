import type { ReadyMadeModule } from './ready-made.js';

/** The people of the tenant. */
export const users: ReadyMadeModule = {
  title: 'Users',
  operations: [
    {
      name: 'Users',
      about: 'All people of the tenant (admins)',
      query: `query Users($first: Int) {
  users(first: $first) {
    totalCount
    nodes {
      id
      email
      name
      role
      isActive
      lastLoginAt
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
      variables: { first: 20 },
    },
    {
      name: 'InviteUser',
      about: 'Invite someone by e-mail (admins)',
      query: `mutation InviteUser($input: InviteUserInput!) {
  inviteUser(input: $input) {
    invitation { id email role expiresAt }
    token # shown this once
  }
}`,
      variables: { input: { email: 'colleague@acme.example', role: 'USER' } },
    },
    {
      name: 'Invitations',
      about: 'Open invitations (admins)',
      query: `query Invitations {
  invitations {
    id
    email
    role
    expiresAt
  }
}`,
    },
  ],
};
