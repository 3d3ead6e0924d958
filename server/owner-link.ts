// `npm run owner-link [-- EMAIL]`: prints a link that signs an owner in once. Whoever may run this on the
// server may read its keys anyway; that it was done is written down.
import { openConnection } from "./db/connection.ts";
import { makeOwnerLink } from "./accounts/owner-links.ts";
import { mainAddress } from "./addresses.ts";
import { readConfig } from "./config.ts";
import { joinData } from "./data.ts";
import { createLog } from "./log.ts";
import { wordsFor } from "./words.ts";

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  const email = argv.find((argument) => !argument.startsWith("--")) ?? null;
  const settings = readConfig(
    process.env,
    argv.filter((argument) => argument.startsWith("--")),
    process.cwd(),
  );
  if (!settings.ok) {
    for (const problem of settings.problems) process.stderr.write(`${problem}\n`);
    return 2;
  }
  const config = settings.value;
  const log = createLog(process.stderr, () => Date.now());
  const data = await joinData(config, log);
  if (!data.ok) {
    process.stderr.write(`${wordsFor(data.refusal)}\n`);
    return 3;
  }
  const connection = openConnection(data.value.url, log, 2);
  try {
    const made = await makeOwnerLink(connection.db, email, Date.now());
    if (!made.ok) {
      process.stderr.write(`${wordsFor(made.refusal)}\n`);
      return 3;
    }
    process.stdout.write(
      `Signs ${made.value.email} in once, within 15 minutes. 15 分钟内有效，只能用一次。\n` +
        `  ${mainAddress(config)}/office#owner-link=${made.value.token}\n`,
    );
    return 0;
  } finally {
    await connection.close();
    await data.value.close();
  }
}

process.exitCode = await main();
