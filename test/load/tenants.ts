import { Client, type Loose } from '../kit/client.js';

/** A tenant of the run, with its admin's client. */
export interface LoadTenant {
  readonly id: string;
  readonly client: Client;
}

const SIGN_UP = `mutation ($input: SignUpTenantInput!) {
  signUpTenant(input: $input) { accessToken tenant { id } }
}`;

/** Signs so many tenants up, one after the other. */
export async function signUpTenants(url: string, count: number): Promise<LoadTenant[]> {
  const tenants: LoadTenant[] = [];
  for (let index = 1; index <= count; index += 1) {
    const { signUpTenant }: Loose = await new Client(url).data(SIGN_UP, {
      input: {
        subdomain: `load-${index}`,
        name: `Load ${index}`,
        email: `admin@load-${index}.example`,
        password: 'correct horse battery',
      },
    });
    const { accessToken, tenant } = signUpTenant as { accessToken: string; tenant: { id: string } };
    tenants.push({ id: tenant.id, client: new Client(url, { accessToken }) });
  }
  return tenants;
}
