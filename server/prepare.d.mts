import type { SpawnOptions } from "node:child_process";

export const rootDir: string;
export const pinnedNode: string;
export function projectEnvironment(): NodeJS.ProcessEnv;
export function run(command: string, args: readonly string[], options?: SpawnOptions): Promise<number>;
export function installDependencies(): Promise<void>;
export function buildPages(): Promise<boolean>;
