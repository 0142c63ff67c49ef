import { SetMetadata } from '@nestjs/common';
import type { Permission } from './permissions.js';

/** Who may call a root field. */
export type Access = { readonly public: true } | { readonly permission: Permission };

/** Metadata key of {@link Access} on a resolver method. */
export const ACCESS = Symbol('access');

/** The field needs this right. */
export const Allow = (permission: Permission) => SetMetadata<symbol, Access>(ACCESS, { permission });

/** The field is open to everybody, signed in or not. */
export const Public = () => SetMetadata<symbol, Access>(ACCESS, { public: true });
