import type { Connection, mongo } from 'mongoose';

/** Reads every command on its way to the database. */
export interface CommandGuard {
  /** @throws to keep a command from being sent. */
  check(command: mongo.CommandStartedEvent, connection: Connection): void;
  /** Hears of what was answered. Must not throw. */
  answered(answer: mongo.CommandSucceededEvent): void;
}

/**
 * Puts the guard between a connection and its server. The driver tells of a command in the middle of sending it, and
 * synchronously, so what the guard throws takes the place of the sending. That order is the driver's own and promised
 * nowhere: a contract test fails when it changes.
 */
export function guardCommands(connection: Connection, guard: CommandGuard): void {
  const client = connection.getClient();
  client.on('commandStarted', command => {
    guard.check(command, connection);
  });
  client.on('commandSucceeded', answer => {
    guard.answered(answer);
  });
}
