// Takes the pictures of a report that the README shows: its beginning, and its first face. See package.json for what it
// needs; ImageMagick brings them down to a size that suits a repository.
//
//   blendscope report -o clip.html testdata/clips/selfblended.mp4
//   node scripts/pages/pictures.mjs clip.html docs
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const [page, folder] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const tab = await browser.newPage();
await tab.setBypassCSP(true); // for the typeface
await tab.setViewport({ width: 900, height: 800 });
await tab.goto(pathToFileURL(resolve(page)).href);
await tab.addStyleTag({ content: 'body { font-family: Inter, sans-serif !important }' });
for (const [name, from, height] of [['report-outcome', 'header', 590], ['report-face', '.card', 424]]) {
  const top = await tab.$eval(from, (e) => e.getBoundingClientRect().top + scrollY);
  const path = join(folder, `${name}.png`);
  await tab.screenshot({ path, captureBeyondViewport: true, clip: { x: 0, y: Math.max(0, top - 16), width: 900, height } });
  if (statSync(path).size > 199_000) execFileSync('convert', [path, '-strip', '-dither', 'None', '-colors', '256', `PNG8:${path}`]);
}
await browser.close();
