/** Variables for a child process; an undefined value counts as unset. */
export type ChildEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The whole environment of this process, handed on to children and never interpreted here: a person's PATH, package
 * index, proxy and certificate settings must hold for pip and for the downloads.
 */
export function inheritedEnvironment(): ChildEnvironment {
  // eslint-disable-next-line no-restricted-properties -- handed to child processes as it is; settings are read elsewhere
  return process.env;
}

/**
 * The same environment for a child that runs Node: without the options of this process, because a debugger's port,
 * a loader or a test runner's flags would make the child fail or hang.
 */
export function environmentForNode(environment: ChildEnvironment): ChildEnvironment {
  return { ...environment, NODE_OPTIONS: undefined, NODE_V8_COVERAGE: undefined, NODE_CHANNEL_FD: undefined };
}
