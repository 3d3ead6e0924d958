// `npm run owner-link [-- EMAIL]`: prints a link that signs an owner in once. Whoever may run this on the
// server may read its keys anyway; that it was done is written down.
import { makeOwnerLink } from "./accounts/owner-links.ts";
import { mainAddress } from "./addresses.ts";
import { atTheData, commandExits } from "./at-the-data.ts";
import { wordsFor } from "./words.ts";

const argv = process.argv.slice(2);
const email = argv.find((argument) => !argument.startsWith("--")) ?? null;
const flags = argv.filter((argument) => argument.startsWith("--"));

process.exitCode = await atTheData(flags, async (db, config) => {
  const made = await makeOwnerLink(db, email, Date.now());
  if (!made.ok) {
    process.stderr.write(`${wordsFor(made.refusal)}\n`);
    return commandExits.refused;
  }
  process.stdout.write(
    `Signs ${made.value.email} in once, within 15 minutes. 15 分钟内有效，只能用一次。\n` +
      `  ${mainAddress(config)}/office#owner-link=${made.value.token}\n`,
  );
  return commandExits.done;
});
