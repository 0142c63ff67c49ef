/** Signs a tenant up; returns its id in hex and its admin's token. */
export async function signUp(
  url: string,
  subdomain: string,
): Promise<{ readonly tenantHex: string; readonly accessToken: string }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query:
        'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { accessToken tenant { id } } }',
      variables: {
        input: {
          subdomain,
          name: 'Fault',
          email: `admin@${subdomain}.example`,
          password: 'correct horse battery',
        },
      },
    }),
  });
  const { data } = (await response.json()) as {
    data: { signUpTenant: { accessToken: string; tenant: { id: string } } };
  };
  const { accessToken, tenant } = data.signUpTenant;
  return { accessToken, tenantHex: tenant.id.split('_')[1] ?? '' };
}
