import {
  buildClientSchema,
  getIntrospectionQuery,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import { setTimeout as sleep } from 'node:timers/promises';
import { Attack, isPublic } from './attack.js';
import { edgesOf, nameOf, type RootField, rootFields } from './document.js';
import { type Door, HttpDoor, SocketDoor, StreamDoor } from './doors.js';
import { Eavesdropping } from './eavesdropping.js';
import { Findings, NotWorkingError } from './findings.js';
import { nameTheOther } from './foreign-names.js';
import { tamperWithLinks } from './links.js';
import { Mailbox } from './mailbox.js';
import { ProfileAudit } from './profile.js';
import { RedisAudit } from './redis-audit.js';
import type { Report } from './report.js';
import { Rights } from './rights.js';
import { lookForRefusals, searchOutside, searchReceived } from './search.js';
import { type Seat, Side } from './seat.js';
import { slotsOf } from './slots.js';
import { hasWorked, type Success, Treatment } from './treatment.js';
import { tryWalls } from './walls/rehearsal.js';
import { Ward } from './ward.js';

/** What is examined, and what may be looked into beside the API itself. */
export interface Patient {
  /** Of the server, without a path. */
  readonly url: string;
  readonly mongodbUri?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Everything that the server has logged so far. */
  readonly log?: (() => Promise<string>) | undefined;
  readonly metricsToken?: string | undefined;
  /** Where the server writes its mails, if it does. */
  readonly mailDir?: string | undefined;
  /** A MongoDB where the walls of this build are tried, each by itself: that of the server only where it is the same. */
  readonly wallsUri?: string | undefined;
  /** Fields that cannot be examined here, with the reason. */
  readonly excused?: Readonly<Record<string, string>> | undefined;
}

/** How long a state is waited for that a field needs, and with how many things. */
const STATE_MS = 8000;
const MOST_TRIES = 5;
/** How long what is still to come is waited for at the end. */
const SETTLING_MS = 20_000;

/** What can only be used by those who get mails. */
const WITHOUT_MAILS = {
  'Mutation.resetPassword': 'its token comes by mail: name the folder of mails',
  'Mutation.verifyEmail': 'its token comes by mail: name the folder of mails',
};

/** Types that a server of one version shows to none. */
const NEVER_SHOWN = { CallUnknownEvent: 'a server that knows all kinds of events stores none of it' };

/** Fields that others need things of come first; those that end or hide things come last. */
const ORDER = [
  /^Mutation\.(invite|create|add)/,
  /^Query\./,
  /^Subscription\./,
  /^Mutation\.(?!update|delete)/,
  /^Mutation\.delete(?!Tenant)/,
  /^Mutation\.update/,
  /./,
];

/**
 * Tries everything that the server's schema has across two tenants that it signs up for this: one that owns, and one
 * that intrudes. Whatever the owner may do is done first, so that a field which only ever fails is no proof.
 */
export async function examine(patient: Patient): Promise<Report> {
  const startedAt = performance.now();
  const [owner, intruder] = [new Side(patient.url), new Side(patient.url)];
  const findings = new Findings();
  const doors: Doors = [new HttpDoor(patient.url), new SocketDoor(patient.url), new StreamDoor(patient.url)];
  const [http] = doors;
  const wallAttempts = patient.wallsUri === undefined ? null : await tryWalls(patient.wallsUri, findings);
  const profile = patient.mongodbUri === undefined ? null : await ProfileAudit.start(patient.mongodbUri);
  const redis =
    patient.redisUrl === undefined ? null : await RedisAudit.start(patient.redisUrl, [owner, intruder]);

  const schema = await schemaOf(http, owner);
  const treatment = new Treatment(schema);
  const attack = new Attack(treatment, owner, findings);
  const fields = rootFields(schema).sort((one, other) => placeOf(one) - placeOf(other));
  const mailbox = patient.mailDir === undefined ? null : new Mailbox(patient.mailDir);
  const wards = [owner, intruder].map(side => new Ward(side, fields, treatment, http, mailbox)) as [
    Ward,
    Ward,
  ];
  for (const ward of wards) await ward.open();
  const intruders = await wards[1].everybody();
  const rights = new Rights(treatment, wards[0].stranger(owner.subdomain), await wards[0].reader(), findings);
  const ears = wards.map(({ admin }) => new Eavesdropping(admin, treatment, findings));
  const streams = doors.filter(({ takesSubscriptions }) => takesSubscriptions);
  for (const ear of ears) await ear.open(streams, fields);

  const excused = { ...NEVER_SHOWN, ...(mailbox ? {} : WITHOUT_MAILS), ...patient.excused };
  let working = 0;
  for (const field of fields.filter(candidate => !(nameOf(candidate) in excused))) {
    try {
      const success = await operate(field, wards[0], treatment, doors, findings);
      if (!success) continue;
      working += 1;
      await attackField(success, wards, intruders, { treatment, attack, rights, findings, doors });
    } catch (error) {
      if (!(error instanceof NotWorkingError)) throw error;
      findings.add(nameOf(field), `was not attacked to the end: ${error.message}`);
    }
  }
  await nameTheOther(doors, wards[1].admin, owner, findings);
  const links = await tamperWithLinks(intruder, owner, findings);
  const edges = edgesOf(schema).filter(edge => !(edge in excused || (edge.split('.')[0] ?? '') in excused));
  await untilShown(edges, treatment.seen);
  for (const ear of ears) ear.end();
  ears[0]?.lookForNames(intruder);
  ears[1]?.lookForNames(owner);
  for (const door of doors) await door.close();

  searchReceived(intruder, owner, findings);
  searchReceived(owner, intruder, findings);
  const search = (where: string, text: string | null) =>
    text === null ? null : searchOutside(where, text, [owner, intruder], findings);
  const logCharacters = search('the log', patient.log ? await patient.log() : null);
  const metrics = await metricsOf(patient);
  const metricsCharacters = search('the metrics', metrics);
  if (metrics !== null) lookForRefusals(metrics, findings);
  await profile?.end(findings);
  await redis?.end(findings);

  const shown = edges.filter(edge => treatment.seen.has(edge));
  for (const edge of edges)
    if (!treatment.seen.has(edge)) findings.add(edge, 'was never shown to its owner, so it was not attacked');
  const places = fields.flatMap(field =>
    slotsOf(field.field.args).map(({ path }) => `${nameOf(field)}(${path})`),
  );
  for (const place of places)
    if (!treatment.sent.has(place)) findings.add(place, 'was never sent, so it was not attacked');
  return {
    url: patient.url,
    seconds: (performance.now() - startedAt) / 1000,
    fields: [working, fields.length],
    edges: [shown.length, edges.length],
    places: [places.filter(place => treatment.sent.has(place)).length, places.length],
    naming: attack.attacked.size,
    attacks: attack.count,
    operations: treatment.count,
    doors: doors.map(({ name }) => name),
    streams: ears.reduce((sum, { count }) => sum + count, 0),
    canaries: owner.planted + intruder.planted,
    receivedBytes: intruder.received.reduce((sum, { text }) => sum + text.length, 0),
    links,
    logCharacters,
    metricsCharacters,
    profiled: profile?.count ?? null,
    redisCommands: redis?.count ?? null,
    wallAttempts,
    excused,
    findings: findings.all,
  };
}

/** Waits for what only comes after a while, such as the recording of a call. */
async function untilShown(edges: readonly string[], seen: ReadonlySet<string>): Promise<void> {
  for (const deadline = Date.now() + SETTLING_MS; Date.now() < deadline; await sleep(100))
    if (edges.every(edge => seen.has(edge))) return;
}

interface Means {
  readonly treatment: Treatment;
  readonly attack: Attack;
  readonly rights: Rights;
  readonly findings: Findings;
  readonly doors: Doors;
}

type Doors = readonly [Door, ...Door[]];

/** The first door that takes a field. */
const doorFor = ({ type }: RootField, doors: Doors): Door =>
  doors.find(door => type !== 'Subscription' || door.takesSubscriptions) ?? doors[0];

/** Uses a field as its owner. Null: it never works, which is a finding. */
async function operate(
  field: RootField,
  ward: Ward,
  treatment: Treatment,
  doors: Doors,
  findings: Findings,
): Promise<Success | null> {
  const door = doorFor(field, doors);
  let reason = '';
  // A state that it needs may have come and gone: then with something new.
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { seat, fixed } = await ward.settingFor(field, null);
    const means = { fixed, isFull: field.type === 'Mutation', stateMs: STATE_MS };
    const outcome = await treatment.succeed(field, door, seat, means);
    if (hasWorked(outcome)) {
      // Once more with everything that may be sent; what the server finds wrong is left out again.
      if (field.type === 'Query') await treatment.succeed(field, door, seat, { fixed, isFull: true });
      return outcome;
    }
    ({ reason } = outcome);
    if (!reason.startsWith('CONFLICT')) break;
  }
  findings.add(nameOf(field), `was not attacked, since it never works for its owner: ${reason}`);
  return null;
}

/** Attacks a field that works, on something that is still there afterwards; then uses it as the intruder himself. */
async function attackField(
  success: Success,
  [owner, intruder]: readonly [Ward, Ward],
  intruders: readonly Seat[],
  { treatment, attack, rights, findings, doors }: Means,
): Promise<void> {
  const { field } = success;
  const { seat, fixed } = await owner.settingFor(field, success);
  await attack.onArguments(success, fixed, intruders, doors);
  if (seat.role !== 'stranger' && !isPublic(field))
    await rights.onField(success, fixed, doorFor(field, doors));
  if (field.type === 'Mutation' && Object.keys(fixed).length > 0) {
    const still = await treatment.succeed(field, doors[0], seat, { fixed, isFull: true, stateMs: 2000 });
    // A conflict says that it is there, in a state that it has come to by itself.
    if (!hasWorked(still) && !still.reason.startsWith('CONFLICT'))
      findings.add(nameOf(field), `works no more for its owner after the attack: ${still.reason}`);
  }
  const own = await intruder.settingFor(field, null);
  const used = await treatment.succeed(field, doorFor(field, doors), own.seat, {
    fixed: own.fixed,
    isFull: field.type === 'Mutation',
    stateMs: 2000,
  });
  if (!hasWorked(used) || field.type !== 'Query') return;
  await attack.onCursors(used, intruder.admin, doors[0]);
  for (const other of doors.slice(1))
    await treatment.send(other, treatment.operationOf(field, used.values), own.seat);
}

async function metricsOf({ url, metricsToken }: Patient): Promise<string | null> {
  const headers = metricsToken === undefined ? {} : { authorization: `Bearer ${metricsToken}` };
  const response = await fetch(`${url}/metrics`, { headers });
  const text = await response.text();
  return response.ok ? text : null;
}

const placeOf = (field: RootField): number => ORDER.findIndex(pattern => pattern.test(nameOf(field)));

async function schemaOf(door: Door, side: Side): Promise<GraphQLSchema> {
  const stranger: Seat = { side, role: 'stranger', token: null, subdomain: null };
  const { data, errors } = await door.send(
    { query: getIntrospectionQuery(), variables: {} },
    stranger,
    15_000,
  );
  if (!data) throw new Error(`The server does not tell its schema: ${JSON.stringify(errors)}`);
  return buildClientSchema(data as unknown as IntrospectionQuery);
}
