/**
 * How TypeScript becomes JavaScript in tests: what tsc does in the build (legacy decorators with their type metadata,
 * class fields defined as the language says), without its type check, which `npm run types` does.
 * @type {import('@swc/core').Options}
 */
export const swcOptions = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    keepClassNames: true,
  },
};
