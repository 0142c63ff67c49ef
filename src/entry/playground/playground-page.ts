import type { DemoSignIn } from '../../config/settings.js';
import type { PlaygroundBuild } from './playground-build.js';

/** What the page is told by the server; the browser code reads it from the element `voho-config`. */
export interface PlaygroundConfig {
  /** Fills in the sign-in form; null in production, where the page holds no data at all. */
  readonly demo: DemoSignIn | null;
}

/**
 * The whole page. It holds no inline script: the configuration is a data block, which the browser never executes
 * and a Content-Security-Policy therefore does not block.
 */
export function playgroundPage(build: PlaygroundBuild, config: PlaygroundConfig): string {
  // `<` is the only character by which JSON could leave the script element it stands in.
  const data = JSON.stringify(config).replaceAll('<', '\\u003c');
  const block = `<script type="application/json" id="voho-config">${data}</script>`;
  const noScript = 'The playground needs JavaScript. The API itself does not: POST to this address.';
  return page({ title: 'Voho playground', favicon: build.favicon, files: build, block, noScript });
}

/** The page that links in mails lead to. It is the same for everybody: the token stays in the browser. */
export function mailPage({ favicon, mailPage: files }: PlaygroundBuild): string {
  const noScript = 'This page needs JavaScript. The mail has the token for programs as well.';
  return page({ title: 'Voho', favicon, files, block: '', noScript });
}

interface Page {
  readonly title: string;
  readonly favicon: string;
  readonly files: { readonly script: string; readonly style: string };
  readonly block: string;
  readonly noScript: string;
}

function page({ title, favicon, files, block, noScript }: Page): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="icon" href="/playground/assets/${favicon}" />
    <link rel="stylesheet" href="/playground/assets/${files.style}" />
    ${block}
    <script type="module" src="/playground/assets/${files.script}"></script>
  </head>
  <body>
    <div id="voho"></div>
    <noscript>${noScript}</noscript>
  </body>
</html>
`;
}
