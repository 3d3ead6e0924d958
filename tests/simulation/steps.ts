/** How often each thing happens, beside the others. */
export const STEPS = {
  sellCash: 7,
  sellCode: 9,
  presentTwice: 3,
  twoWindows: 1,
  deliver: 7,
  deliverBehind: 4,
  fault: 6,
  line: 3,
  hold: 3,
  release: 3,
  crash: 2,
  powerCut: 6,
  workerStopped: 3,
  serverFault: 4,
  rememberDisk: 2,
  loseTail: 1,
  diskFault: 2,
  diskLies: 1,
  backUp: 1,
  restoreServer: 0.5,
  clock: 2,
  issue: 5,
  revokeCode: 1,
  policy: 1,
  serverRestart: 1,
  revokeTill: 0.2,
  strayLease: 1,
  renewTill: 0.6,
  emptyDisk: 0.3,
  monthPasses: 0.2,
  saveFile: 0.6,
  codeWay: 0.6,
  sellFree: 1.5,
  letGo: 0.7,
  releaseClaim: 0.3,
} as const satisfies Readonly<Record<string, number>>;

export type Step = keyof typeof STEPS;

/** Other weights for some steps: what a schedule is to meet sooner than by chance. */
export type Bias = Partial<Readonly<Record<Step, number>>>;
