import { getNamedType, isEnumType } from 'graphql';
import { typeOf } from './belongings.js';
import { nameOf, type RootField } from './document.js';
import type { Door } from './doors.js';
import { NotWorkingError } from './findings.js';
import type { Mailbox } from './mailbox.js';
import { letters, type Seat, type Side } from './seat.js';
import { type Slot, slotsOf } from './slots.js';
import { hasWorked, type Success, type Treatment } from './treatment.js';

/** Who sends an operation, and what it must be sent with. */
export interface Setting {
  readonly seat: Seat;
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** What makes something new, to be acted on. */
const MAKES = /^Mutation\.(create|invite|add)/;

/** One of the doctor's tenants from inside: signs it up, and brings in people and things when they are needed. */
export class Ward {
  /** Its first admin. */
  admin: Seat;
  private readonly makers = new Map<string, RootField>();

  constructor(
    readonly side: Side,
    private readonly fields: readonly RootField[],
    private readonly treatment: Treatment,
    private readonly door: Door,
    private readonly mailbox: Mailbox | null,
  ) {
    this.admin = this.stranger();
  }

  /** Signs the tenant up and makes one of everything in it. @throws when it cannot be signed up. */
  async open(): Promise<void> {
    const { subdomain, email } = this.side;
    const session = await this.ask('Mutation.signUpTenant', this.stranger(), {
      'input.subdomain': subdomain,
      'input.email': email,
    });
    this.admin = this.seatOf('admin', session);
    for (const field of this.fields.filter(candidate => MAKES.test(nameOf(candidate)))) {
      const known = new Set(this.side.belongings.newest.values());
      await this.treatment.succeed(field, this.door, this.admin, { isFull: true });
      for (const [type, id] of this.side.belongings.newest) if (!known.has(id)) this.makers.set(type, field);
    }
    await this.ask('Mutation.updateBranding', this.admin, {});
  }

  /** One of each kind of people and programs that the tenant has. */
  async everybody(): Promise<Seat[]> {
    return [this.admin, (await this.person()).seat, await this.program()];
  }

  /** Somebody who is not signed in. */
  stranger(subdomain: string | null = null): Seat {
    return { side: this.side, role: 'stranger', token: null, subdomain };
  }

  /** A new person of the tenant, signed in, with his id. */
  async person(role = 'USER'): Promise<{ seat: Seat; id: string; email: string; refreshToken: string }> {
    const email = `${this.side.canary()}@people.example`;
    const { token } = await this.ask('Mutation.inviteUser', this.admin, {
      'input.email': email,
      'input.role': role,
    });
    const session = await this.ask('Mutation.acceptInvitation', this.stranger(), { 'input.token': token });
    const { refreshToken, user } = session as { refreshToken: string; user: { id: string } };
    return { seat: this.seatOf(role.toLowerCase(), session), id: user.id, email, refreshToken };
  }

  /** A program that may only read, by the names of the scopes that there are; null where none is of that kind. */
  async reader(): Promise<Seat | null> {
    const maker = this.fields.find(field => nameOf(field) === 'Mutation.createApiKey');
    for (const { path, type } of slotsOf(maker?.field.args ?? [])) {
      const named = getNamedType(type);
      if (!isEnumType(named)) continue;
      const scopes = named.getValues().flatMap(({ name }) => (name.endsWith('_READ') ? [name] : []));
      const { secret } = await this.ask('Mutation.createApiKey', this.admin, { [path]: scopes });
      return { side: this.side, role: 'an API key that may read', token: secret as string, subdomain: null };
    }
    return null;
  }

  /** A program of the tenant, with all scopes. */
  async program(): Promise<Seat> {
    const { secret } = await this.ask('Mutation.createApiKey', this.admin, {});
    return { side: this.side, role: 'api key', token: secret as string, subdomain: null };
  }

  /**
   * What an operation is sent with, so that nothing is used up that others need: new sessions for what ends them, a new
   * thing for what changes or deletes it.
   */
  async settingFor(field: RootField, known: Success | null): Promise<Setting> {
    switch (nameOf(field)) {
      case 'Mutation.logOut':
      case 'Mutation.logOutEverywhere':
      case 'Mutation.changePassword':
        return { seat: (await this.person()).seat, fixed: {} };
      case 'Mutation.refreshSession':
        return { seat: this.stranger(), fixed: { refreshToken: (await this.person()).refreshToken } };
      case 'Mutation.acceptInvitation': {
        const email = `${this.side.canary()}@people.example`;
        const { token } = await this.ask('Mutation.inviteUser', this.admin, { 'input.email': email });
        return { seat: this.stranger(), fixed: { 'input.token': token } };
      }
      case 'Mutation.signUpTenant':
        return { seat: this.stranger(), fixed: { 'input.subdomain': `d-${letters(16)}` } };
      case 'Mutation.logIn':
        return { seat: this.stranger(this.side.subdomain), fixed: { 'input.email': this.side.email } };
      case 'Mutation.requestPasswordReset':
        return { seat: this.stranger(this.side.subdomain), fixed: { email: this.side.email } };
      case 'Mutation.resetPassword': {
        const { email } = await this.person();
        await this.ask('Mutation.requestPasswordReset', this.stranger(this.side.subdomain), { email });
        return {
          seat: this.stranger(),
          fixed: { 'input.token': await this.mailbox?.tokenFor(email, 'reset-password') },
        };
      }
      case 'Mutation.verifyEmail': {
        const email = `${this.side.canary()}@people.example`;
        const session = await this.ask('Mutation.signUpTenant', this.stranger(), {
          'input.subdomain': `d-${letters(16)}`,
          'input.email': email,
        });
        await this.ask('Mutation.resendVerification', this.seatOf('admin', session), {});
        return {
          seat: this.stranger(),
          fixed: { token: await this.mailbox?.tokenFor(email, 'verify-email') },
        };
      }
      case 'Mutation.deleteTenant': {
        // No canary: who a request was for is logged.
        const other = `d-${letters(16)}`;
        const session = await this.ask('Mutation.signUpTenant', this.stranger(), {
          'input.subdomain': other,
        });
        return { seat: this.seatOf('admin', session), fixed: { confirmSubdomain: other } };
      }
      default:
        return { seat: this.admin, fixed: await this.freshFor(field, known) };
    }
  }

  /** A new thing for each place that has to name one. */
  private async freshFor(field: RootField, known: Success | null): Promise<Record<string, unknown>> {
    if (field.type === 'Query') return {};
    const fixed: Record<string, unknown> = {};
    for (const slot of slotsOf(field.field.args)) {
      if (slot.naming !== 'id' || !slot.isRequired) continue;
      const type = this.typeFor(slot, field, known);
      if (type === 'user') fixed[slot.path] = (await this.person()).id;
      const maker = type === null ? undefined : this.makers.get(type);
      if (type === null || !maker) continue;
      await this.treatment.succeed(maker, this.door, this.admin, { isFull: true });
      fixed[slot.path] = this.side.belongings.newest.get(type);
    }
    return fixed;
  }

  private typeFor(slot: Slot, field: RootField, known: Success | null): string | null {
    const value = [...(known?.values ?? [])].find(([{ path }]) => path === slot.path)?.[1];
    if (typeof value === 'string') return typeOf(value);
    const [likely] = this.side.belongings.idsFor(`${slot.path} ${field.name}`);
    return likely === undefined ? null : typeOf(likely);
  }

  /** Sends an operation that has to work, and returns its answer. */
  private async ask(
    name: string,
    seat: Seat,
    fixed: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const field = this.fields.find(candidate => nameOf(candidate) === name);
    if (!field) throw new Error(`The server has no ${name}`);
    const outcome = await this.treatment.succeed(field, this.door, seat, { fixed, isFull: true });
    if (!hasWorked(outcome)) throw new NotWorkingError(`${name} does not work: ${outcome.reason}`);
    return outcome.data as Record<string, unknown>;
  }

  private seatOf(role: string, session: Record<string, unknown>): Seat {
    return { side: this.side, role, token: session['accessToken'] as string, subdomain: null };
  }
}
