import { DomainError } from '../errors/domain-error.js';
import type { UserViewer, Viewer } from '../tenancy/viewer.js';

/** The viewer as a signed-in person. @throws DomainError UNAUTHENTICATED for anybody else. */
export function signedIn(viewer: Viewer): UserViewer {
  if (viewer.kind !== 'user') throw new DomainError('UNAUTHENTICATED', 'Sign in first.');
  return viewer;
}
