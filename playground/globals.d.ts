/** Addresses of the built Monaco workers by label; the build script fills them in. */
declare const WORKER_URLS: Readonly<Record<'editor' | 'json' | 'graphql', string>>;

declare module '*.css';
