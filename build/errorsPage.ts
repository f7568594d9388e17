import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ADDRESS_CAUSES } from '../shared/causes/addressCauses.ts';
import { answerOf, type Cause, type FailureFacts, NO_FACTS } from '../shared/causes/cause.ts';
import { FILE_CAUSES } from '../shared/causes/fileCauses.ts';
import { MEDIA_CAUSES } from '../shared/causes/mediaCauses.ts';
import { NETWORK_CAUSES } from '../shared/causes/networkCauses.ts';
import { FOREIGN_ANSWER, STORAGE_CAUSES } from '../shared/causes/storageCauses.ts';
import { ERRORS } from '../shared/errors.ts';
import { trackText } from '../shared/mediaHead.ts';

/** Path of docs/errors.md. */
export const ERRORS_PAGE = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

const INTRODUCTION = `# What went wrong, and what to do

Made by \`npm run docs:errors\` from the table of causes (\`shared/causes/\`), whose functions also make the sentences that the
window, the command line and the player show: nothing here is written by hand. The object is \`sq010/shot.mov\` in the bucket
\`studio-media\` in \`us-east-1\`; the file of this computer is \`/plates/shot.mov\`. Below each sentence Nearplay shows what the
other side said in its own words, without addresses' queries, keys and tokens. The code is what scripts see (\`--json\`).
`;

const STORAGE = { action: 's3:GetObject', bucket: 'studio-media', region: 'us-east-1', key: 'sq010/shot.mov' };
const DISK = { path: '/plates/shot.mov', doing: 'read' as const };
const MEDIA = { head: { is: 'unknown' as const }, size: 12_582_912, fault: 'unsupported' as const };

/** The whole page, formatted. */
export async function errorsPage(): Promise<string> {
  const page = [
    INTRODUCTION,
    section('A storage, or what answers in its place', STORAGE_CAUSES, STORAGE, storageSays),
    section('The network', NETWORK_CAUSES, STORAGE, ({ code, message }) => `${code}: “${message}”`),
    section(
      'A file of this computer',
      FILE_CAUSES,
      DISK,
      ({ code, message }, { doing }) => `${code}, while ${DOING[doing]}: “${message}”`,
    ),
    section('A file that is to be shown', MEDIA_CAUSES, MEDIA, (_facts, { head, fault }) =>
      [headText(head), fault === 'decode' ? 'played up to a place' : ''].filter((part) => part !== '').join('; '),
    ),
    section(
      'The service that tells the public address',
      ADDRESS_CAUSES,
      { host: 'checkip.example' },
      ({ status, message }) =>
        status === 0 ? 'nothing' : [String(status), message && `\`${message}\``].filter(Boolean).join(' '),
    ),
    codes(),
  ].join('\n');
  return format(page, { ...(await resolveConfig(ERRORS_PAGE)), parser: 'markdown' });
}

const DOING = { read: 'it is read', write: 'it is written', receipts: 'the receipts are written' };

function section<Asked>(
  title: string,
  causes: readonly Cause<Asked>[],
  usual: Asked,
  says: (facts: FailureFacts, asked: Asked) => string,
): string {
  const rows = causes.map((cause) => {
    const facts = { ...NO_FACTS, ...cause.example.facts };
    const asked = { ...usual, ...cause.example.asked };
    const cells = [
      cause.id,
      says(facts, asked),
      `\`${cause.code}\``,
      cause.sentence(facts, asked),
      cause.remedy(facts, asked) || '–',
      cause.before ?? 'the same',
    ];
    return `| ${cells.map(inCell).join(' | ')} |`;
  });
  const head =
    '| cause | the other side says | code | sentence | what to do | the sentence before |\n|---|---|---|---|---|---|';
  return `## ${title}\n\n${head}\n${rows.join('\n')}\n`;
}

function storageSays(facts: FailureFacts): string {
  const shown = facts.name === FOREIGN_ANSWER ? { ...facts, name: '' } : facts;
  const headers = Object.entries({ ...facts.headers, ...facts.elements }).map(
    ([name, value]) => `\`${name}: ${value}\``,
  );
  const words = facts.message === '' ? '' : `“${facts.message}”`;
  return [answerOf(shown), words, ...headers].filter((part) => part !== '').join(' ');
}

function headText(
  head: (typeof MEDIA_CAUSES)[number] extends Cause<infer Asked> ? (Asked & { head: unknown })['head'] : never,
): string {
  if (head.is === 'named') return `begins as ${head.name}`;
  if (head.is === 'iso' || head.is === 'matroska') {
    const index = head.is === 'iso' && !head.hasIndex ? ', no moov' : '';
    const end = head.is === 'iso' && head.endsAt !== undefined ? `, a box that ends at ${head.endsAt}` : '';
    return `${head.is === 'iso' ? 'MP4' : 'Matroska'}: ${trackText(head.tracks, 'video') || 'no track'}${index}${end}`;
  }
  return { empty: '0 bytes', page: 'begins as a web page', text: 'text', unknown: 'bytes of no known kind' }[head.is];
}

/** Every code of `--json`. */
function codes(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { message, retryable }]) => `| \`${code}\` | ${inCell(message)} | ${retryable ? 'yes' : 'no'} |`,
  );
  return `## The codes\n\n| code | where nothing more exact is known | may pass by itself, or after a try |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function inCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*').replace(/</g, '&lt;').replace(/\s+/g, ' ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(ERRORS_PAGE, await errorsPage());
