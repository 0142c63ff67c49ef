import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** A page that reaches its own server only, and what went wrong on it. */
export interface SealedPage {
  readonly page: Page;
  /** Requests to other hosts, violations of the page's policy, uncaught errors and console errors; must stay empty. */
  readonly faults: readonly string[];
}

/** Starts headless Chromium with all of its own network traffic turned off. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens an empty page on which every host but that of `url` is blocked. */
export async function openSealedPage(browser: Browser, url: string): Promise<SealedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, colorScheme: 'light' });
  const faults: string[] = [];
  await sealContext(context, new URL(url).host, faults);
  const page = await context.newPage();
  page.on('pageerror', error => faults.push(`uncaught: ${error.message}`));
  // Chromium reports what the page's policy blocked as a console error, too.
  page.on('console', message => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('websocket', socket => {
    if (new URL(socket.url()).host !== new URL(url).host) faults.push(`other host: ${socket.url()}`);
  });
  return { page, faults };
}

async function sealContext(context: BrowserContext, host: string, faults: string[]): Promise<void> {
  await context.route('**/*', async route => {
    const wanted = new URL(route.request().url());
    if (wanted.host === host) return route.continue();
    faults.push(`other host: ${wanted.href}`);
    return route.abort();
  });
}
