// Looks at pages that blendscope has made, the way readers will: valid HTML, nothing asked of the network, nothing wider
// than the screen, no fault that axe finds, on a desktop, a phone and paper, light and dark. Pictures of all go to OUT.
//
//   npm install && CHROMIUM=/usr/bin/chromium node check.mjs OUT PAGE.html...
import { readFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HtmlValidate } from 'html-validate';
import puppeteer from 'puppeteer-core';

const screens = [
  { name: 'desktop', width: 1280, height: 900 },
  { name: 'dark', width: 1280, height: 900, dark: true },
  { name: 'phone', width: 390, height: 844, phone: true },
];
const [out, ...pages] = process.argv.slice(2);
if (!pages.length) {
  console.error('usage: node check.mjs OUT PAGE.html...');
  process.exit(2);
}
await mkdir(out, { recursive: true });
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const validator = new HtmlValidate({ extends: ['html-validate:recommended'] });
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
let faults = 0;

function fault(page, what) {
  faults++;
  console.log(`${basename(page)}: ${what}`);
}

async function open(page, screen, prepare) {
  const tab = await browser.newPage();
  await prepare?.(tab);
  await tab.setViewport({ width: screen.width, height: screen.height, isMobile: Boolean(screen.phone) });
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: screen.dark ? 'dark' : 'light' }]);
  await tab.goto(pathToFileURL(resolve(page)).href);
  return tab;
}

// look sees the page as a reader does, with its policy in force.
async function look(page, screen) {
  const tab = await open(page, screen, (tab) => {
    tab.on('request', (r) => { if (!/^(data|file):/.test(r.url())) fault(page, `asks for ${r.url()}`); });
    tab.on('console', (m) => fault(page, `${screen.name}: console: ${m.text()}`));
    tab.on('pageerror', (e) => fault(page, `${screen.name}: ${e.message}`));
  });
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) fault(page, `${screen.name}: ${wide} pixels wider than the screen`);
  const name = join(out, `${basename(page, '.html')}-${screen.name}`);
  await tab.screenshot({ path: `${name}.png`, fullPage: true });
  if (screen === screens[0]) await tab.pdf({ path: join(out, `${basename(page, '.html')}.pdf`), format: 'A4', timeout: 0 });
  await tab.close();
}

// judge lets axe into the page, which the page's policy would forbid.
async function judge(page, screen) {
  const tab = await open(page, screen, (tab) => tab.setBypassCSP(true));
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => globalThis.axe.run());
  for (const v of violations) fault(page, `${screen.name}: axe ${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 120)}`);
  await tab.close();
}

for (const page of pages) {
  const report = await validator.validateFile(page);
  for (const m of report.results.flatMap((r) => r.messages)) fault(page, `line ${m.line}: ${m.message} (${m.ruleId})`);
  for (const screen of screens) {
    await look(page, screen);
    await judge(page, screen);
  }
}
await browser.close();
console.log(`${pages.length} pages, ${faults} faults; pictures in ${out}`);
process.exit(faults ? 1 : 0);
