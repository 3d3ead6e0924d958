// `npm run rebuild-books -- [--merchant SHORT]`: makes what the office shows of sales and losses again, from
// the signed entries and the decisions, and prints where it stood otherwise. Safe beside a running server.
import { shortId } from "#protocol/ids.ts";
import { atTheData, commandExits } from "./at-the-data.ts";
import { audit } from "./audit.ts";
import { rebuildBooks } from "./journal/rebuild.ts";

const usage =
  "npm run rebuild-books -- [--merchant SHORT] [--demo]\n" +
  "SHORT is the shop's 12-character id. 店铺的12位编号。\n";

function readMerchant(
  argv: readonly string[],
): { readonly only: string | null; readonly flags: string[] } | null {
  const flags = argv.filter((argument) => argument === "--demo");
  const rest = argv.filter((argument) => argument !== "--demo");
  if (rest.length === 0) return { only: null, flags };
  const [name, only, ...more] = rest;
  if (name !== "--merchant" || only === undefined || more.length > 0) return null;
  return /^[0-9A-HJKMNP-TV-Z]{12}$/u.test(only) ? { only, flags } : null;
}

const asked = readMerchant(process.argv.slice(2));
if (asked === null) {
  process.stderr.write(usage);
  process.exitCode = commandExits.settings;
} else {
  const { only, flags } = asked;
  process.exitCode = await atTheData(flags, async (db) => {
    const shops = await db.selectFrom("control.merchants").select(["merchant_id", "name"]).execute();
    const chosen = shops.filter((shop) => only === null || shortId(shop.merchant_id) === only);
    if (only !== null && chosen.length === 0) {
      process.stderr.write(`There is no shop ${only} in these data. 没有这家店。\n`);
      return commandExits.refused;
    }
    for (const shop of chosen) {
      const merchant = new Uint8Array(shop.merchant_id);
      const { rows, differences } = await rebuildBooks(db, merchant);
      const changed = differences.reduce((sum, one) => sum + one.missing + one.superfluous, 0);
      const detail = { sales: rows.sales, losses: rows.losses, differences: changed };
      await audit(db, {
        merchantId: merchant,
        atMs: Date.now(),
        who: "server",
        what: "books-rebuilt",
        detail,
      });
      process.stdout.write(
        `${shortId(merchant)} ${shop.name}: ${rows.sales} sales 笔销售, ${rows.losses} losses 项损失; ` +
          `${changed === 0 ? "no difference 没有出入" : `${changed} rows differed 行不同`}\n`,
      );
      for (const { table, missing, superfluous, examples } of differences) {
        process.stdout.write(`  ${table}: +${missing} -${superfluous}\n`);
        for (const example of examples) process.stdout.write(`    ${example}\n`);
      }
    }
    return commandExits.done;
  });
}
