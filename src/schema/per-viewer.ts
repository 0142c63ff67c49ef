import { Extensions } from '@nestjs/graphql';
import type { GraphQLField } from 'graphql';

/** Marks a field whose value, or whose being read, depends on the very viewer: it is executed for each one by himself. */
export const PerViewer = () => Extensions({ perViewer: true });

/** Whether a field is marked so. */
export const isPerViewer = ({ extensions }: GraphQLField<unknown, unknown>): boolean =>
  extensions['perViewer'] === true;
