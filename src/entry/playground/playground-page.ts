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
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <meta name="color-scheme" content="light dark" />
    <title>Voho playground</title>
    <link rel="icon" href="/playground/assets/${build.favicon}" />
    <link rel="stylesheet" href="/playground/assets/${build.style}" />
    <script type="application/json" id="voho-config">${data}</script>
    <script type="module" src="/playground/assets/${build.script}"></script>
  </head>
  <body>
    <div id="voho"></div>
    <noscript>The playground needs JavaScript. The API itself does not: POST to this address.</noscript>
  </body>
</html>
`;
}
