import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, openSealedPage, type SealedPage } from './sealed-page.js';
import { startServer, type StartedServer } from './started-server.js';

jest.setTimeout(180_000);

const DEMO = { email: 'admin@acme.example', password: 'voho-demo-password' };
const NEXT = 'another long password';

let server: StartedServer;
let browser: Browser;
let sealed: SealedPage;
let page: Page;

beforeAll(async () => {
  server = await startServer();
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

beforeEach(async () => {
  sealed = await openSealedPage(browser, server.url);
  page = sealed.page;
});

afterEach(async () => {
  await page.context().close();
});

async function send<T>(query: string, accessToken?: string): Promise<T> {
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-tenant-subdomain': 'acme',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await answer.json()) as { data: T; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

const logIn = (email: string, password: string) =>
  send<{ logIn: { accessToken: string } }>(
    `mutation { logIn(input: { email: "${email}", password: "${password}" }) { accessToken } }`,
  );

describe('The pages that links in mails lead to', () => {
  it('turn an invitation into a user, and show why one that is used is refused', async () => {
    const { accessToken } = (await logIn(DEMO.email, DEMO.password)).logIn;
    const email = `new-${Date.now()}@people.example`;
    const { inviteUser } = await send<{ inviteUser: { token: string } }>(
      `mutation { inviteUser(input: { email: "${email}" }) { token } }`,
      accessToken,
    );
    for (const isFirst of [true, false]) {
      await page.goto('about:blank');
      await page.goto(`${server.url}/accept-invitation#token=${inviteUser.token}`);
      await page.getByLabel('Name').fill('Nia');
      expect(page.url()).toBe(`${server.url}/accept-invitation`);
      await page.getByRole('textbox', { name: 'New password' }).fill(NEXT);
      if (isFirst && process.env['SCREENSHOT']) await page.screenshot({ path: process.env['SCREENSHOT'] });
      await page.getByRole('button', { name: 'Join' }).click();
      if (isFirst) await page.getByRole('status').getByText('You have joined').waitFor();
      else await page.getByRole('alert').getByText('is not an open invitation').waitFor();
    }
    expect((await logIn(email, NEXT)).logIn.accessToken).not.toBe('');
    expect(sealed.faults).toEqual([]);
  });

  it.each(['127.0.0.1', 'acme.voho.localhost'])(
    'sign a tenant up with the address of the invitation filled in, at %s',
    async host => {
      await page.context().close();
      const origin = server.url.replace('127.0.0.1', host);
      sealed = await openSealedPage(browser, origin);
      page = sealed.page;
      await page.goto(`${origin}/sign-up#token=${'x'.repeat(43)}&email=ada%2Bx%40acme.example`);
      expect(await page.getByLabel('E-mail').inputValue()).toBe('ada+x@acme.example');
      await page.getByLabel('Subdomain').fill('some-tenant');
      await page.getByLabel('The tenant').fill('Some tenant');
      await page.getByRole('textbox', { name: 'New password' }).fill(NEXT);
      await page.getByRole('button', { name: 'Sign up' }).click();
      await page.getByRole('alert').getByText('is not an open invitation to this address').waitFor();
      expect(sealed.faults).toEqual([]);
    },
  );

  it.each([
    ['reset-password', 'Set the password', 'is not an open password reset'],
    ['verify-email', 'Verify the address', 'is not an open verification'],
  ])('say on %s that a token is none, and that a link is not whole', async (path, button, problem) => {
    await page.goto(`${server.url}/${path}#token=none`);
    if (path === 'reset-password') await page.getByRole('textbox', { name: 'New password' }).fill(NEXT);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('alert').getByText(problem).waitFor();
    await page.goto('about:blank');
    await page.goto(`${server.url}/${path}`);
    await page.getByRole('alert').getByText('It has no token').waitFor();
    expect(sealed.faults).toEqual([]);
  });
});
