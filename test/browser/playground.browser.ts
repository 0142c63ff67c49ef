import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page, WebSocketRoute } from 'playwright-core';
import { launchChromium, openSealedPage, type SealedPage } from './sealed-page.js';
import { startServer, type StartedServer } from './started-server.js';

jest.setTimeout(180_000);

const SPOKEN = '.voho-transcript li p';

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

async function signIn(): Promise<string> {
  await page.goto(`${server.url}/graphql`);
  const email = await page.getByLabel('E-mail').inputValue();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await signedInAs(email);
  return email;
}

async function signedInAs(email: string): Promise<void> {
  await page.getByLabel('Signed in').getByText(email).waitFor();
}

async function openOperation(name: string): Promise<void> {
  await page.locator('.voho-ready-made button', { has: page.getByText(name, { exact: true }) }).click();
}

async function runAndRead(text: string): Promise<void> {
  await page.getByRole('button', { name: /execute/i }).click();
  await page.locator('.graphiql-response').getByText(text).first().waitFor();
}

async function reachStatus(status: string): Promise<void> {
  await page.locator(`.voho-call[data-status="${status}"]`).waitFor({ timeout: 90_000 });
}

describe('The playground in a browser that reaches no other host', () => {
  it('signs in to the demo tenant, runs ready-made operations and stays signed in over a reload', async () => {
    const email = await signIn();

    await openOperation('Viewer');
    await runAndRead('"ADMIN"');
    await openOperation('Tenant');
    await runAndRead('"acme"');

    await page.reload();
    await signedInAs(email);
    await openOperation('Users');
    await runAndRead('"totalCount"');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem('voho:session'))).toBeNull();
    expect(sealed.faults).toEqual([]);
  });

  it('says so when the password is wrong', async () => {
    await page.goto(`${server.url}/graphql`);
    await page.getByLabel('Password').fill('not-the-password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    // Monaco has alerts of its own on the page.
    const problem = page.locator('.voho-problem');
    expect((await problem.innerText()).length).toBeGreaterThan(0);
    // A refused sign-in may be answered with a status that the browser itself logs as an error.
    expect(sealed.faults.filter(fault => !fault.includes('Failed to load resource'))).toEqual([]);
  });

  it('shows a demo call live, from its first word to summary and recording', async () => {
    await signIn();
    await page.getByRole('button', { name: 'Start a demo call' }).click();
    await reachStatus('IN_PROGRESS');
    await page.locator(SPOKEN).nth(2).waitFor();
    if (process.env['UPDATE_SCREENSHOT'] === '1') {
      await page.screenshot({ path: 'docs/images/playground.png' });
    }

    await reachStatus('COMPLETED');
    await page.locator('.voho-summary p').waitFor();
    const recording = page.locator('.voho-recording audio');
    await recording.waitFor();
    await page.waitForFunction(() => (document.querySelector('audio')?.duration ?? 0) > 0);

    expect((await page.locator(SPOKEN).allInnerTexts()).join(' ')).toContain('Ada Park');
    expect(await page.locator('.voho-summary p').innerText()).not.toBe('');
    await openOperation('CallDetails');
    await runAndRead('"COMPLETED"');
    expect(sealed.faults).toEqual([]);
  });

  it('resumes a live call after its last event when the socket breaks', async () => {
    const sockets: WebSocketRoute[] = [];
    const resumedAfter: string[] = [];
    await page.routeWebSocket(/\/graphql$/, socket => {
      sockets.push(socket);
      const upstream = socket.connectToServer();
      socket.onMessage(message => {
        const after = /"query":"subscription FollowCall.*"after":"([^"]*)"/.exec(message.toString())?.[1];
        if (after !== undefined) resumedAfter.push(after);
        upstream.send(message);
      });
    });
    await signIn();
    await page.getByRole('button', { name: 'Start a demo call' }).click();
    await reachStatus('IN_PROGRESS');
    await page.locator(SPOKEN).nth(1).waitFor();

    await sockets[0]?.close({ code: 1012, reason: 'Restarting' });
    await page.getByText('reconnecting').waitFor();
    await reachStatus('COMPLETED');
    await page.locator('.voho-summary p').waitFor();

    expect(sockets).toHaveLength(2);
    expect(resumedAfter).toEqual(['', expect.stringMatching(/./)]);
    const spoken = await page.locator(SPOKEN).allInnerTexts();
    expect(new Set(spoken).size).toBe(spoken.length);
    expect(sealed.faults).toEqual([]);
  });
});
